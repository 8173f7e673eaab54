"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import { ArrowRight } from "lucide-react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useEffect, useState, type FormEvent } from "react";
import { useTRPC, useTRPCClient } from "@/app/_lib/api";
import { readApiError } from "@/app/_lib/api-error";
import { formatTypedCode } from "@/app/_lib/code-field";
import { readDeviceKey } from "@/app/_lib/device-key";
import { keepRejoinCode } from "@/app/_lib/rejoin-code";
import { useFragment } from "@/app/_lib/use-fragment";
import { Button } from "@/app/_ui/button";
import { CodeInput } from "@/app/_ui/code-input";
import { Field } from "@/app/_ui/field";
import { Gate } from "@/app/_ui/gate";
import { Notice } from "@/app/_ui/notice";
import { ContinueCards } from "./continue-cards";

/** The first page: a code and a name, and one is in the lab. Whoever is in already sees where to go on. */
export function JoinScreen() {
  const trpc = useTRPC();
  const router = useRouter();
  const viewer = useQuery(trpc.accounts.viewer.queryOptions()).data;
  const isInstructor = viewer !== undefined && viewer !== null && viewer.role !== "attendee";
  useEffect(() => {
    if (isInstructor) router.replace("/teach");
  }, [isInstructor, router]);
  const mine = useQuery({ ...trpc.cohorts.mine.queryOptions(), enabled: viewer?.role === "attendee" });
  const enrollments = mine.data ?? [];
  return (
    <Gate
      title={enrollments.length > 0 ? "Welcome back" : "Join your workshop"}
      lead={
        enrollments.length > 0
          ? "Your sandbox is as you left it."
          : "A machine of your own, in this browser. Nothing to install."
      }
    >
      {enrollments.length > 0 && (
        <ContinueCards enrollments={enrollments} displayName={viewer?.displayName ?? ""} />
      )}
      <JoinForm isSecondary={enrollments.length > 0} initialName={viewer?.displayName ?? ""} />
    </Gate>
  );
}

interface JoinFormProps {
  readonly isSecondary: boolean;
  readonly initialName: string;
}

function JoinForm({ isSecondary, initialName }: JoinFormProps) {
  const [isOpen, setIsOpen] = useState(false);
  // The projector's code leads to `/#K7QM2XRT`: a fragment is in no server's log.
  const fragment = useFragment();
  const [typedCode, setCode] = useState<string | null>(null);
  const code = typedCode ?? formatTypedCode(fragment, fragment.length).text;
  const [displayName, setDisplayName] = useState("");
  const [email, setEmail] = useState("");
  const { mutate, isPending, error } = useJoin();
  if (isSecondary && !isOpen) {
    return (
      <Button
        tone="quiet"
        className="-ml-3.5"
        onClick={() => {
          setIsOpen(true);
        }}
      >
        Join another workshop
      </Button>
    );
  }
  const problem = error === null ? undefined : readApiError(error);
  const fieldErrors = problem?.fieldErrors ?? {};
  const isAboutCode = problem !== undefined && /^(join-code|cohort)\./.test(problem.code);
  const name = displayName === "" && isSecondary ? initialName : displayName;

  function submit(event: FormEvent) {
    event.preventDefault();
    if (!isPending) mutate({ code, displayName: name, email });
  }
  return (
    <form onSubmit={submit} className="space-y-4" noValidate aria-busy={isPending}>
      <CodeInput
        label="Join code"
        name="code"
        value={code}
        onCode={setCode}
        placeholder="K7QM-2XRT"
        error={fieldErrors["code"] ?? (isAboutCode ? problem.message : undefined)}
        disabled={isPending}
        required
      />
      <Field
        label="Your name"
        name="displayName"
        value={name}
        onChange={(event) => {
          setDisplayName(event.target.value);
        }}
        hint="Your instructor sees it on the board."
        error={fieldErrors["displayName"]}
        autoComplete="nickname"
        disabled={isPending}
        required
      />
      <details className="group" open={fieldErrors["email"] !== undefined ? true : undefined}>
        <summary className="text-ink-soft hover:text-ink w-fit rounded-sm text-[13px]">
          Add an e-mail address (optional)
        </summary>
        <Field
          className="mt-3"
          label="E-mail"
          type="email"
          name="email"
          value={email}
          onChange={(event) => {
            setEmail(event.target.value);
          }}
          hint="Only so that your instructor can reach you after the workshop."
          error={fieldErrors["email"]}
          autoComplete="email"
          disabled={isPending}
        />
      </details>
      {problem !== undefined && !isAboutCode && Object.keys(fieldErrors).length === 0 && (
        <Notice tone="bad" title="You have not joined yet">
          {problem.message}
        </Notice>
      )}
      <Button type="submit" tone="primary" size="large" className="w-full" disabled={isPending}>
        {isPending ? "Joining…" : "Join"}
        {!isPending && <ArrowRight aria-hidden />}
      </Button>
      <p className="text-ink-faint flex flex-wrap gap-x-4 gap-y-1 text-[13px]">
        <Link className="hover:text-ink underline underline-offset-3" href="/rejoin">
          I have a rejoin code
        </Link>
        <Link className="hover:text-ink underline underline-offset-3" href="/preflight">
          Test my browser
        </Link>
        <Link className="hover:text-ink underline underline-offset-3" href="/sign-in">
          I am an instructor
        </Link>
      </p>
    </form>
  );
}

function useJoin() {
  const router = useRouter();
  const client = useTRPCClient();
  return useMutation({
    mutationFn: async (typed: { code: string; displayName: string; email: string }) => {
      const joined = await client.cohorts.join.mutate({ ...typed, deviceKey: readDeviceKey() });
      // Whoever was in already has theirs; it is under the menu of the lab.
      if (joined.rejoinCode !== null) keepRejoinCode(joined.cohortId, joined.rejoinCode);
      const enrollment = await client.cohorts.enrollment.query({ cohortId: joined.cohortId });
      const lab = enrollment.labs.find((each) => each.passedCount < each.stepCount) ?? enrollment.labs[0];
      const home = `/cohorts/${joined.cohortId}`;
      router.push(lab === undefined ? home : `${home}/labs/${lab.labId}`);
    },
  });
}
