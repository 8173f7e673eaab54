"use client";

import { Button } from "@/app/_ui/button";
import type { LinkState } from "./link-state";

interface LinkOverlayProps {
  readonly link: LinkState;
  readonly onRetry: () => void;
  readonly onClose: () => void;
  /** Opens another terminal in its place. */
  readonly onReplace: () => void;
}

/** A strip over the terminal's last lines while it is cut off or over: what was on the screen stays readable. */
export function LinkOverlay({ link, onRetry, onClose, onReplace }: LinkOverlayProps) {
  if (link.kind === "connected" || link.kind === "connecting") return null;
  return (
    <div
      role="status"
      className="animate-appear bg-raised border-line-strong absolute inset-x-3 bottom-3 z-10 flex flex-wrap items-center gap-3 rounded-lg border px-3.5 py-2.5 text-[13px]"
    >
      {link.kind === "reconnecting" && (
        <p className="text-ink-soft">
          <span className="text-ink font-medium">Reconnecting.</span> Your shell goes on without us; you come
          back exactly where you were.
        </p>
      )}
      {link.kind === "exited" && (
        <>
          <p className="text-ink-soft flex-1">
            <span className="text-ink font-medium">The shell has ended</span> with code {link.exitCode}.
          </p>
          <Button size="small" onClick={onClose}>
            Close this tab
          </Button>
        </>
      )}
      {link.kind === "gone" && (
        <>
          <p className="text-ink-soft flex-1">
            <span className="text-ink font-medium">This shell is gone.</span> It was closed elsewhere, or your
            sandbox began its terminals anew; files, containers and images are as they were.
          </p>
          <Button size="small" onClick={onClose}>
            Close this tab
          </Button>
          <Button size="small" tone="primary" onClick={onReplace}>
            Open a new one
          </Button>
        </>
      )}
      {link.kind === "refused" && (
        <>
          <p className="text-ink-soft flex-1">
            <span className="text-ink font-medium">Not connected.</span> {link.message}
          </p>
          <Button size="small" onClick={onRetry}>
            Connect again
          </Button>
        </>
      )}
    </div>
  );
}
