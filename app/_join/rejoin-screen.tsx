"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useState, type SubmitEvent } from "react";
import { useTRPCClient } from "@/app/_lib/api";
import { readApiError } from "@/app/_lib/api-error";
import { formatTypedCode } from "@/app/_lib/code-field";
import { Button } from "@/app/_ui/button";
import { CodeInput } from "@/app/_ui/code-input";
import { Gate } from "@/app/_ui/gate";
import { useFragment } from "@/app/_lib/use-fragment";

/** Brings an attendee back on any device. A link alone signs nobody in: it takes the button, so that no preview does it. */
export function RejoinScreen() {
  const client = useTRPCClient();
  const queryClient = useQueryClient();
  const router = useRouter();
  const fragment = useFragment();
  const [typed, setTyped] = useState<string | null>(null);
  const code = typed ?? formatTypedCode(fragment, fragment.length).text;
  const { mutate, isPending, error } = useMutation({
    mutationFn: async () => {
      const { cohortId } = await client.cohorts.rejoin.mutate({ code });
      await queryClient.invalidateQueries();
      router.replace(`/cohorts/${cohortId}`);
    },
  });

  function submit(event: SubmitEvent) {
    event.preventDefault();
    if (!isPending) mutate();
  }
  const hasLinkCode = fragment !== "" && typed === null;
  return (
    <Gate
      title="Pick up where you left"
      lead={
        hasLinkCode
          ? "This link brings you back to your own sandbox, on this device too."
          : "Your rejoin code was shown when you joined, and is in the lab's menu on your other device."
      }
    >
      <form onSubmit={submit} className="space-y-4" noValidate aria-busy={isPending}>
        <CodeInput
          label="Rejoin code"
          name="code"
          value={code}
          onCode={setTyped}
          error={error === null ? undefined : readApiError(error).message}
          disabled={isPending}
          required
        />
        <Button
          type="submit"
          tone="primary"
          size="large"
          className="w-full"
          disabled={isPending || code === ""}
        >
          {isPending ? "Bringing you back…" : "Continue"}
        </Button>
        <p className="text-ink-faint text-[13px]">
          <Link prefetch={false} className="hover:text-ink underline underline-offset-3" href="/">
            I have a join code from the slide instead
          </Link>
        </p>
      </form>
    </Gate>
  );
}
