"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { listSingleSignOns, signIn, startSingleSignOn, type SignInOutcome } from "@/app/_lib/auth";
import { Button } from "@/app/_ui/button";
import { Field } from "@/app/_ui/field";
import { Gate } from "@/app/_ui/gate";
import { Notice } from "@/app/_ui/notice";

const WORDS = {
  refused: {
    title: "You are not signed in",
    text: "That e-mail and password do not belong together. Check both; capital letters matter in the password.",
  },
  "too-many": {
    title: "Too many tries",
    text: "To keep accounts safe we wait a while after several wrong passwords. Try again in a few minutes.",
  },
  unavailable: {
    title: "Slipway did not answer",
    text: "Your password was not judged. Check your connection and try again in a moment.",
  },
} as const satisfies Record<Exclude<SignInOutcome["outcome"], "signed-in">, object>;

/** For instructors and admins. Attendees need no account: their code is their way in. */
export function SignInScreen() {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const providers = useQuery({ queryKey: ["single-sign-ons"], queryFn: listSingleSignOns }).data ?? [];
  const { mutate, isPending, data } = useMutation({
    mutationFn: () => signIn(email, password),
    onSuccess: ({ outcome }) => {
      // A full load: everything cached so far belongs to nobody or to somebody else.
      if (outcome === "signed-in") location.assign("/teach");
    },
  });
  const failure = data === undefined || data.outcome === "signed-in" ? undefined : WORDS[data.outcome];
  const isBusy = isPending || data?.outcome === "signed-in";

  function submit(event: SubmitEvent) {
    event.preventDefault();
    if (!isBusy) mutate();
  }
  return (
    <Gate title="Instructor sign-in" lead="For whoever teaches or runs this Slipway.">
      <form onSubmit={submit} className="space-y-4" aria-busy={isBusy}>
        <Field
          label="E-mail"
          type="email"
          name="email"
          value={email}
          onChange={(event) => {
            setEmail(event.target.value);
          }}
          autoComplete="username"
          disabled={isBusy}
          required
        />
        <Field
          label="Password"
          type="password"
          name="password"
          value={password}
          onChange={(event) => {
            setPassword(event.target.value);
          }}
          autoComplete="current-password"
          disabled={isBusy}
          required
        />
        {failure !== undefined && (
          <Notice tone="bad" title={failure.title}>
            {failure.text}
          </Notice>
        )}
        <Button type="submit" tone="primary" size="large" className="w-full" disabled={isBusy}>
          {isBusy ? "Signing in…" : "Sign in"}
        </Button>
        {providers.map((provider) => (
          <Button
            key={provider.id}
            size="large"
            className="w-full"
            onClick={() => void startSingleSignOn(provider.id)}
          >
            Sign in with {provider.name}
          </Button>
        ))}
      </form>
    </Gate>
  );
}
