"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useId, useState, type SubmitEvent } from "react";
import { useTRPC, useTRPCClient } from "@/app/_lib/api";
import { readFormProblem } from "@/app/_lib/api-error";
import { counted } from "@/app/_lib/durations";
import { fromLocalInput, nextHour, toLocalInput } from "@/app/_lib/local-date-time";
import { Button } from "@/app/_ui/button";
import { Dialog } from "@/app/_ui/dialog";
import { Field, inputStyle } from "@/app/_ui/field";
import { Notice } from "@/app/_ui/notice";
import type { WorkshopSummary } from "@/server/protocol/views";

const HOURS = 3_600_000;
const WORKSHOP_HOURS = 4;
const HOMEWORK_DAYS = 14;
/** As the server when it is told nothing; its schema would bring a validator into the page. */
const SLEEP_AFTER_MINUTES = 45;

/** Plans a cohort. Dates are in the reader's own zone, which the form says by name. */
export function CreateCohortDialog({ onClose }: { readonly onClose: () => void }) {
  const formId = useId();
  const trpc = useTRPC();
  const workshops = useQuery(trpc.cohorts.workshops.queryOptions());
  const [typed, setTyped] = useState(firstValues);
  const [missing, setMissing] = useState(false);
  const { mutate, isPending, error } = useCreateCohort(onClose);
  const workshopId = typed.workshopId === "" ? (workshops.data?.[0]?.workshopId ?? "") : typed.workshopId;
  const problem = readFormProblem(error);

  function submit(event: SubmitEvent) {
    event.preventDefault();
    const dates = [typed.startsAt, typed.endsAt, typed.homeworkUntil].map(fromLocalInput);
    const [startsAt, endsAt, homeworkUntil] = dates;
    const isIncomplete = startsAt === undefined || endsAt === undefined || homeworkUntil === undefined;
    setMissing(isIncomplete);
    if (isIncomplete || isPending) return;
    mutate({
      workshopId,
      name: typed.name,
      startsAt,
      endsAt,
      homeworkUntil,
      capacity: Number(typed.capacity),
      sleepAfterMinutes: Number(typed.sleepAfterMinutes),
    });
  }
  const bind = (name: keyof ReturnType<typeof firstValues>) => ({
    name,
    value: typed[name],
    disabled: isPending,
    required: true,
    error: problem.fields[name],
    onChange: (event: { target: { value: string } }) => {
      setTyped((before) => ({ ...before, [name]: event.target.value }));
    },
  });
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title="New cohort"
      description={`Times are in your zone, ${Intl.DateTimeFormat().resolvedOptions().timeZone}.`}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button tone="primary" type="submit" form={formId} disabled={isPending || workshopId === ""}>
            {isPending ? "Making it…" : "Make the cohort"}
          </Button>
        </>
      }
    >
      <form id={formId} onSubmit={submit} className="grid gap-4 sm:grid-cols-2" noValidate>
        <WorkshopField
          workshops={workshops.data}
          value={workshopId}
          isDisabled={isPending}
          onChange={(chosen) => {
            setTyped((before) => ({ ...before, workshopId: chosen }));
          }}
        />
        <Field
          label="Name"
          data-focus-first=""
          placeholder="Conference day 2, room B"
          className="sm:col-span-2"
          {...bind("name")}
        />
        <Field label="Starts" type="datetime-local" {...bind("startsAt")} />
        <Field label="Ends" type="datetime-local" {...bind("endsAt")} />
        <Field
          label="Homework until"
          type="datetime-local"
          hint="Sandboxes keep their files until then."
          {...bind("homeworkUntil")}
        />
        <Field
          label="Attendees at most"
          type="number"
          min={1}
          max={1000}
          inputMode="numeric"
          hint="The join code stops working when they are in."
          {...bind("capacity")}
        />
        <Field
          label="Sandboxes sleep after (minutes)"
          type="number"
          min={0}
          max={1440}
          inputMode="numeric"
          className="sm:col-span-2"
          hint="Without anybody in them. Nothing is lost, and coming back wakes them. 0 lets them run."
          {...bind("sleepAfterMinutes")}
        />
        {missing && (
          <Notice tone="bad" title="A date is missing" className="sm:col-span-2">
            Please fill in all three.
          </Notice>
        )}
        {problem.general !== undefined && (
          <Notice tone="bad" title="The cohort was not made" className="sm:col-span-2">
            {problem.general}
          </Notice>
        )}
      </form>
    </Dialog>
  );
}

interface WorkshopFieldProps {
  /** Undefined until they are known. */
  readonly workshops: readonly WorkshopSummary[] | undefined;
  readonly value: string;
  readonly isDisabled: boolean;
  readonly onChange: (workshopId: string) => void;
}

function WorkshopField({ workshops, value, isDisabled, onChange }: WorkshopFieldProps) {
  const id = useId();
  if (workshops?.length === 0) {
    return (
      <Notice tone="warn" title="There is no workshop to teach" className="sm:col-span-2">
        The server found no valid one under labs/. Its log says which files it left out and why.
      </Notice>
    );
  }
  return (
    <div className="sm:col-span-2">
      <label htmlFor={id} className="mb-1.5 block text-[13px] font-medium">
        Workshop
      </label>
      <select
        id={id}
        className={`${inputStyle} h-10 text-[15px]`}
        value={value}
        disabled={isDisabled || workshops === undefined}
        onChange={(event) => {
          onChange(event.target.value);
        }}
      >
        {workshops?.map((workshop) => (
          <option key={workshop.workshopId} value={workshop.workshopId}>
            {workshop.title} ({counted(workshop.labCount, "lab")})
          </option>
        ))}
      </select>
    </div>
  );
}

interface NewCohort {
  readonly workshopId: string;
  readonly name: string;
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly homeworkUntil: Date;
  readonly capacity: number;
  readonly sleepAfterMinutes: number;
}

function useCreateCohort(onClose: () => void) {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const router = useRouter();
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (cohort: NewCohort) => client.cohorts.create.mutate(cohort),
    onSuccess: async ({ cohortId }) => {
      await queryClient.invalidateQueries({ queryKey: trpc.cohorts.list.queryKey() });
      onClose();
      router.push(`/teach/${cohortId}`);
    },
  });
}

function firstValues() {
  const startsAt = nextHour(new Date());
  const after = (ms: number) => toLocalInput(new Date(startsAt.getTime() + ms));
  return {
    workshopId: "",
    name: "",
    startsAt: toLocalInput(startsAt),
    endsAt: after(WORKSHOP_HOURS * HOURS),
    homeworkUntil: after(HOMEWORK_DAYS * 24 * HOURS),
    capacity: "30",
    sleepAfterMinutes: String(SLEEP_AFTER_MINUTES),
  };
}
