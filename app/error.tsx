"use client";

import { Failure } from "./_ui/failure";

/** Shown when a page breaks in the browser or on the server. Sandboxes and terminals are not touched by it. */
export default function PageError({ reset }: { readonly error: Error; readonly reset: () => void }) {
  return (
    <main id="main" className="flex min-h-dvh">
      <Failure
        title="This page broke"
        text="The fault is ours. Your sandbox and everything in it go on as before; loading the page again usually helps."
        onRetry={reset}
      />
    </main>
  );
}
