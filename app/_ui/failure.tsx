"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import { Button, buttonStyle } from "./button";
import { readApiError } from "@/app/_lib/api-error";

interface FailureProps {
  readonly title: string;
  readonly text: string;
  /** Null when trying again cannot help. */
  readonly onRetry: (() => void) | null;
  readonly code?: string;
  /** Where an instructor signs in again; nobody else needs that. */
  readonly signInHref?: string | undefined;
}

/** The middle of a page that could not be shown: what happened, what it means, what to do. */
export function Failure({ title, text, onRetry, code, signInHref }: FailureProps) {
  return (
    <div className="m-auto w-full max-w-md p-6" role="alert">
      <div aria-hidden className="mb-5 flex gap-[3px]">
        {["bg-line-strong", "bg-line-strong", "bg-bad", "bg-line-strong"].map((tone, index) => (
          <span key={index} className={`slant h-6 w-2 rounded-[1px] ${tone}`} />
        ))}
      </div>
      <h1 className="text-ink text-xl font-semibold tracking-[-0.015em]">{title}</h1>
      <p className="text-ink-soft mt-2 text-[15px]">{text}</p>
      <div className="mt-5 flex flex-wrap items-center gap-2">
        {onRetry !== null && (
          <Button tone="primary" onClick={onRetry}>
            Try again
          </Button>
        )}
        {signInHref !== undefined && (
          <Link className={buttonStyle({ tone: "primary" })} href={signInHref}>
            Sign in
          </Link>
        )}
        <Button
          onClick={() => {
            location.assign("/");
          }}
        >
          Go to the start page
        </Button>
      </div>
      {code !== undefined && <p className="label-mono text-ink-faint mt-6">{code}</p>}
    </div>
  );
}

const TITLES: Readonly<Record<string, string>> = {
  "database.unavailable": "Our database is not answering",
  "network.unreachable": "No answer from Slipway",
  "account.unauthenticated": "You are not signed in here",
  "account.forbidden": "This page is not for you",
  "cohort.not-found": "We could not find that workshop",
  "enrollment.not-found": "We could not find that workshop",
  "lab.not-found": "We could not find that lab",
};

const REMEDIES: Readonly<Record<string, string>> = {
  "account.unauthenticated": "Join with the code from the slide, or come back with your rejoin code.",
  "cohort.not-found":
    "The link may be incomplete, or you joined on another device: your rejoin code brings you back.",
  "enrollment.not-found":
    "The link may be incomplete, or you joined on another device: your rejoin code brings you back.",
  "lab.not-found": "Go back to the workshop and pick the lab from its list.",
};

/** What a failed query is to its reader. */
export function QueryFailure({ error, onRetry }: { readonly error: unknown; readonly onRetry: () => void }) {
  const problem = readApiError(error);
  const isInstructorSignedOut =
    usePathname().startsWith("/teach") && problem.code === "account.unauthenticated";
  return (
    <Failure
      title={TITLES[problem.code] ?? "This page could not be loaded"}
      text={
        isInstructorSignedOut
          ? "Sign in to get back to your cohorts."
          : (REMEDIES[problem.code] ?? problem.message)
      }
      signInHref={isInstructorSignedOut ? "/sign-in" : undefined}
      onRetry={problem.isRetryable || problem.code === "internal.unexpected" ? onRetry : null}
      code={problem.code}
    />
  );
}
