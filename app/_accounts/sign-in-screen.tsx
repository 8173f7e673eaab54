"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { listSingleSignOns, signIn, startSingleSignOn } from "@/app/_lib/auth";
import { Button } from "@/app/_ui/button";
import { Field } from "@/app/_ui/field";
import { Gate } from "@/app/_ui/gate";
import { Notice } from "@/app/_ui/notice";
import { UNAVAILABLE, wordsOfOutcome, type SignInWords } from "./sign-in-words";

interface SignInScreenProps {
  /** Why single sign-on sent the browser back here. Shown until the next try. */
  readonly returnWords: SignInWords | undefined;
}

/** For instructors and admins. Attendees need no account: their code is their way in. */
export function SignInScreen({ returnWords }: SignInScreenProps) {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const providers = useQuery({ queryKey: ["single-sign-ons"], queryFn: listSingleSignOns }).data ?? [];
  const passwordTry = useMutation({
    mutationFn: () => signIn(email, password),
    // Offline it fails and says so, instead of waiting without a word.
    networkMode: "always",
    onSuccess: ({ outcome }) => {
      // A full load: everything cached so far belongs to nobody or to somebody else.
      if (outcome === "signed-in") location.assign("/teach");
    },
  });
  const singleSignOn = useMutation({ mutationFn: startSingleSignOn, networkMode: "always" });
  const isSigningIn = passwordTry.isPending || passwordTry.data?.outcome === "signed-in";
  const isBusy = isSigningIn || singleSignOn.isPending;
  const failure = failureOf();

  function failureOf(): SignInWords | undefined {
    if (singleSignOn.isError) return UNAVAILABLE;
    if (passwordTry.data !== undefined) return wordsOfOutcome(passwordTry.data);
    return passwordTry.isIdle && singleSignOn.isIdle ? returnWords : undefined;
  }
  function submit(event: SubmitEvent) {
    event.preventDefault();
    if (isBusy) return;
    singleSignOn.reset();
    passwordTry.mutate();
  }
  function leaveFor(providerId: string) {
    passwordTry.reset();
    singleSignOn.mutate(providerId);
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
          {isSigningIn ? "Signing in…" : "Sign in"}
        </Button>
        {providers.map((provider) => (
          <Button
            key={provider.id}
            size="large"
            className="w-full"
            disabled={isBusy}
            onClick={() => {
              leaveFor(provider.id);
            }}
          >
            Sign in with {provider.name}
          </Button>
        ))}
      </form>
    </Gate>
  );
}
