"use client";

import { useMutation } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { useTRPCClient } from "@/app/_lib/api";
import { readFormProblem } from "@/app/_lib/api-error";
import { classNames } from "@/app/_lib/class-names";
import { describePassword } from "@/app/_lib/password-words";
import { useFragment } from "@/app/_lib/use-fragment";
import { Button } from "@/app/_ui/button";
import { Field } from "@/app/_ui/field";
import { Gate } from "@/app/_ui/gate";
import { Notice } from "@/app/_ui/notice";

const EMPTY = { displayName: "", email: "", password: "", again: "" };

/** What the one-time instructor link opens: makes the first account and goes to the cohorts. */
export function SetupScreen() {
  const client = useTRPCClient();
  const token = useFragment();
  const [typed, setTyped] = useState(EMPTY);
  const [hasTried, setHasTried] = useState(false);
  const { mutate, isPending, isSuccess, error } = useMutation({
    mutationFn: () => {
      const { displayName, email, password } = typed;
      return client.accounts.redeemSetupLink.mutate({ token, displayName, email, password });
    },
    onSuccess: () => {
      // Full load: everything cached so far belongs to nobody. Replaces this address, so that the token leaves the history.
      location.replace("/teach");
    },
  });
  const isBusy = isPending || isSuccess;
  const problem = readFormProblem(error);
  const differs = hasTried && typed.password !== typed.again;

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
    onChange: (event: { target: { value: string } }) => {
      setTyped((before) => ({ ...before, [name]: event.target.value }));
    },
  });
  return (
    <Gate
      title="Set up this Slipway"
      lead="You are the first instructor here. Choose how you will sign in from now on."
    >
      {token === "" && (
        <Notice tone="warn" title="This address is missing its key" className="mb-4">
          Open the instructor link exactly as the server printed it, with everything after the #.
        </Notice>
      )}
      <form onSubmit={submit} className="space-y-4" noValidate aria-busy={isBusy}>
        <Field
          label="Your name"
          autoComplete="name"
          error={problem.fields["displayName"]}
          {...bind("displayName")}
        />
        <Field
          label="E-mail"
          type="email"
          autoComplete="username"
          error={problem.fields["email"]}
          {...bind("email")}
        />
        <Field
          label="Password"
          type="password"
          autoComplete="new-password"
          error={problem.fields["password"]}
          hint={<Strength password={typed.password} email={typed.email} />}
          {...bind("password")}
        />
        <Field
          label="Password again"
          type="password"
          autoComplete="new-password"
          error={differs ? "The two are not alike." : undefined}
          {...bind("again")}
        />
        {problem.general !== undefined && (
          <Notice tone="bad" title="The account was not made">
            {problem.general}
          </Notice>
        )}
        <Button
          type="submit"
          tone="primary"
          size="large"
          className="w-full"
          disabled={isBusy || token === ""}
        >
          {isBusy ? "Setting up…" : "Set up and continue"}
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
