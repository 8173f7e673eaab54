"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import { ArrowRight } from "lucide-react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useEffect, useState, type SubmitEvent } from "react";
import { takePageApi, useTRPC } from "@/app/_lib/api";
import { readFormProblem } from "@/app/_lib/api-error";
import { formatTypedCode } from "@/app/_lib/code-field";
import { readDeviceKey } from "@/app/_lib/device-key";
import { keepRejoinCode } from "@/app/_lib/rejoin-code";
import { useFragment } from "@/app/_lib/use-fragment";
import { Button } from "@/app/_ui/button";
import { CodeInput } from "@/app/_ui/code-input";
import { Field } from "@/app/_ui/field";
import { Gate } from "@/app/_ui/gate";
import { Notice } from "@/app/_ui/notice";
import { preloadTerminalLink } from "@/app/_terminal/load-terminal-link";
import { openFirstTerminal } from "@/app/_terminal/open-first-terminal";
import { ContinueCards } from "./continue-cards";

/** The first page: a code and a name, and one is in the lab. Whoever is in already sees where to go on. */
export function JoinScreen() {
  const { enrollments, displayName } = useArrival();
  const [isOpen, setIsOpen] = useState(false);
  if (enrollments.length === 0) {
    return (
      <Gate title="Join your workshop" lead="A machine of your own, in this browser. Nothing to install.">
        <JoinForm initialName="" />
      </Gate>
    );
  }
  return (
    <Gate title="Welcome back" lead="Your sandbox is as you left it.">
      <ContinueCards enrollments={enrollments} displayName={displayName} />
      {isOpen ? (
        <JoinForm initialName={displayName} />
      ) : (
        <Button
          tone="quiet"
          className="-ml-3.5"
          onClick={() => {
            setIsOpen(true);
          }}
        >
          Join another workshop
        </Button>
      )}
    </Gate>
  );
}

/** Who comes in: instructors go on to their cohorts, attendees see where they are enrolled already. */
function useArrival() {
  const trpc = useTRPC();
  const router = useRouter();
  const viewer = useQuery(trpc.accounts.viewer.queryOptions()).data ?? null;
  const isInstructor = viewer !== null && viewer.role !== "attendee";
  useEffect(() => {
    if (isInstructor) router.replace("/teach");
  }, [isInstructor, router]);
  const mine = useQuery({ ...trpc.cohorts.mine.queryOptions(), enabled: viewer?.role === "attendee" });
  return { enrollments: mine.data ?? [], displayName: viewer?.displayName ?? "" };
}

interface JoinFormProps {
  readonly initialName: string;
}

function JoinForm({ initialName }: JoinFormProps) {
  // The projector's code leads to `/#K7QM2XRT`: a fragment is in no server's log.
  const fragment = useFragment();
  const [typedCode, setCode] = useState<string | null>(null);
  const code = typedCode ?? formatTypedCode(fragment, fragment.length).text;
  const [displayName, setDisplayName] = useState<string | null>(null);
  const [email, setEmail] = useState("");
  const { mutate, isPending, error } = useJoin();
  const problem = readFormProblem(error, (about) =>
    /^(join-code|cohort)\./.test(about) ? "code" : undefined,
  );
  const name = displayName ?? initialName;
  // Needed in a moment, by people whose sandbox is there already; the while that a name takes to type is enough.
  useEffect(preloadTerminalLink, []);

  function submit(event: SubmitEvent) {
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
        error={problem.fields["code"]}
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
        error={problem.fields["displayName"]}
        autoComplete="nickname"
        disabled={isPending}
        required
      />
      <details className="group" open={problem.fields["email"] !== undefined ? true : undefined}>
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
          error={problem.fields["email"]}
          autoComplete="email"
          disabled={isPending}
        />
      </details>
      {problem.general !== undefined && (
        <Notice tone="bad" title="You have not joined yet">
          {problem.general}
        </Notice>
      )}
      <Button type="submit" tone="primary" size="large" className="w-full" disabled={isPending}>
        {isPending ? "Joining…" : "Join"}
        {!isPending && <ArrowRight aria-hidden />}
      </Button>
      <p className="text-ink-faint flex flex-wrap gap-x-4 gap-y-1 text-[13px]">
        <Link prefetch={false} className="hover:text-ink underline underline-offset-3" href="/rejoin">
          I have a rejoin code
        </Link>
        <Link prefetch={false} className="hover:text-ink underline underline-offset-3" href="/preflight">
          Test my browser
        </Link>
        <Link prefetch={false} className="hover:text-ink underline underline-offset-3" href="/sign-in">
          I am an instructor
        </Link>
      </p>
    </form>
  );
}

function useJoin() {
  const router = useRouter();
  return useMutation({
    mutationFn: async (typed: { code: string; displayName: string; email: string }) => {
      const api = takePageApi();
      const { client, queryClient } = api;
      const joined = await client.cohorts.join.mutate({ ...typed, deviceKey: readDeviceKey() });
      // Whoever was in already has theirs; it is under the menu of the lab.
      if (joined.rejoinCode !== null) keepRejoinCode(joined.cohortId, joined.rejoinCode);
      // Whoever this browser was before, it is the attendee now.
      queryClient.clear();
      openFirstTerminal(api, joined.cohortId);
      const enrollment = await client.cohorts.enrollment.query({ cohortId: joined.cohortId });
      const lab = enrollment.labs.find((each) => each.passedCount < each.stepCount) ?? enrollment.labs[0];
      const home = `/cohorts/${joined.cohortId}`;
      router.push(lab === undefined ? home : `${home}/labs/${lab.labId}`);
    },
  });
}
