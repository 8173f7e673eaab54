"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { useTRPCClient } from "@/app/_lib/api";
import { readApiError, readFormProblem } from "@/app/_lib/api-error";
import { classNames } from "@/app/_lib/class-names";
import { describePassword } from "@/app/_lib/password-words";
import { useFragment } from "@/app/_lib/use-fragment";
import { Button } from "@/app/_ui/button";
import { Field } from "@/app/_ui/field";
import { Gate } from "@/app/_ui/gate";
import { Notice } from "@/app/_ui/notice";
import { Skeleton } from "@/app/_ui/skeleton";
import type { SetupPurposeView } from "@/server/protocol/views";

const EMPTY = { displayName: "", email: "", password: "", again: "" };

/** What a one-time link opens: an account of one's own, or another password; then it goes to the cohorts. */
export function SetupScreen() {
  const client = useTRPCClient();
  const token = useFragment();
  const { data, error, isPending } = useQuery({
    queryKey: ["setup-purpose", token],
    queryFn: () => client.accounts.setupPurpose.mutate({ token }),
    enabled: token !== "",
    staleTime: Infinity,
  });
  if (token === "")
    return (
      <Gate title="Set up" lead="This page is opened by a one-time link.">
        <Notice tone="warn" title="This address is missing its key">
          Open the link exactly as you were given it, with everything after the #.
        </Notice>
      </Gate>
    );
  if (error !== null)
    return (
      <Gate title="Set up" lead="This page is opened by a one-time link.">
        <Notice
          tone="bad"
          title={
            readApiError(error).isRetryable ? "We could not look at your link" : "This link cannot be used"
          }
        >
          {readApiError(error).message}
        </Notice>
      </Gate>
    );
  if (isPending)
    return (
      <Gate title="Set up" lead="Looking at your link…">
        <Skeleton className="h-64 w-full" />
      </Gate>
    );
  return <SetupForm token={token} purpose={data} />;
}

const WORDS = {
  admin: {
    title: "Set up this Slipway",
    lead: "You will run it: teach, and invite others to. Choose how you will sign in from now on.",
    button: "Set up and continue",
    failed: "The account was not made",
  },
  instructor: {
    title: "Teach on this Slipway",
    lead: "You were invited as an instructor. Choose how you will sign in from now on.",
    button: "Make my account",
    failed: "The account was not made",
  },
  password: {
    title: "Choose another password",
    lead: "It ends every session that is open under the old one.",
    button: "Set it and sign in",
    failed: "The password was not set",
  },
} as const;

function SetupForm({ token, purpose }: { readonly token: string; readonly purpose: SetupPurposeView }) {
  const client = useTRPCClient();
  const [typed, setTyped] = useState(EMPTY);
  const [hasTried, setHasTried] = useState(false);
  const isPassword = purpose.purpose === "password";
  const words = WORDS[purpose.purpose];
  const { mutate, isPending, isSuccess, error } = useMutation({
    mutationFn: () => {
      const { displayName, email, password } = typed;
      return isPassword
        ? client.accounts.setPassword.mutate({ token, password })
        : client.accounts.redeemSetupLink.mutate({ token, displayName, email, password });
    },
    onSuccess: () => {
      // Full load: everything cached so far belongs to nobody. Replaces this address, so that the token leaves the history.
      location.replace("/teach");
    },
  });
  const isBusy = isPending || isSuccess;
  const problem = readFormProblem(error);
  const differs = hasTried && typed.password !== typed.again;
  const email = isPassword ? (purpose.email ?? "") : typed.email;

  function submit(event: SubmitEvent) {
    event.preventDefault();
    setHasTried(true);
    if (!isBusy && typed.password === typed.again) mutate();
  }
  const bind = (name: keyof typeof EMPTY) => ({
    name,
    value: typed[name],
    disabled: isBusy,
    required: true,
    error: problem.fields[name],
    onChange: (event: { target: { value: string } }) => {
      setTyped((before) => ({ ...before, [name]: event.target.value }));
    },
  });
  return (
    <Gate title={words.title} lead={words.lead}>
      <form onSubmit={submit} className="space-y-4" noValidate aria-busy={isBusy}>
        {isPassword ? (
          // Password managers keep what they are given under this name.
          <Field
            label="Account"
            name="email"
            autoComplete="username"
            readOnly
            value={email || purpose.displayName}
          />
        ) : (
          <>
            <Field label="Your name" autoComplete="name" {...bind("displayName")} />
            <Field label="E-mail" type="email" autoComplete="username" {...bind("email")} />
          </>
        )}
        <Field
          label="Password"
          type="password"
          autoComplete="new-password"
          hint={<Strength password={typed.password} email={email} />}
          {...bind("password")}
        />
        <Field
          label="Password again"
          type="password"
          autoComplete="new-password"
          {...bind("again")}
          error={differs ? "The two are not alike." : undefined}
        />
        {problem.general !== undefined && (
          <Notice tone="bad" title={words.failed}>
            {problem.general}
          </Notice>
        )}
        <Button type="submit" tone="primary" size="large" className="w-full" disabled={isBusy}>
          {isBusy ? "One moment…" : words.button}
        </Button>
      </form>
    </Gate>
  );
}

function Strength({ password, email }: { readonly password: string; readonly email: string }) {
  const { level, words } = describePassword(password, email);
  return (
    <span className="flex items-center gap-2">
      <span aria-hidden className="flex gap-[3px]">
        {[1, 2, 3].map((bar) => (
          <span
            key={bar}
            className={classNames(
              "slant h-1.5 w-5 rounded-[1px]",
              level >= bar ? "bg-accent" : "bg-line-strong/45",
            )}
          />
        ))}
      </span>
      <span aria-live="polite">{words}</span>
    </span>
  );
}
