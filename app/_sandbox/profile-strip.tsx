"use client";

import { X } from "lucide-react";
import { useState } from "react";
import { Button } from "@/app/_ui/button";
import type { SandboxView } from "@/server/protocol/views";
import { profileNotice } from "./profile-words";
import { useChangeWithdrawal, type SandboxAddress } from "./use-sandbox-change";

interface ProfileStripProps {
  readonly address: SandboxAddress;
  readonly sandbox: SandboxView;
  readonly onGet: () => void;
}

/**
 * Above the terminal while the sandbox is to change, or can do less than the lab at hand needs; says it again when the news changes.
 */
export function ProfileStrip({ address, sandbox, onGet }: ProfileStripProps) {
  const [readTitle, setReadTitle] = useState("");
  const withdrawal = useChangeWithdrawal(address);
  const notice = profileNotice(sandbox);
  if (notice === undefined || notice.title === readTitle) return null;
  return (
    <div
      role="status"
      className="animate-appear border-line bg-warn-soft flex shrink-0 items-center gap-3 border-b py-1.5 pr-1 pl-3 text-[13px]"
    >
      <p className="text-ink-soft min-w-0 flex-1">
        <span className="text-ink font-medium">{notice.title}</span> {notice.text}
      </p>
      {notice.offers === "change" && (
        <Button tone="primary" size="small" onClick={onGet}>
          Get it…
        </Button>
      )}
      {notice.offers === "withdrawal" && (
        <Button
          size="small"
          disabled={withdrawal.isPending}
          onClick={() => {
            withdrawal.mutate();
          }}
        >
          Keep mine instead
        </Button>
      )}
      <Button
        tone="quiet"
        size="icon"
        aria-label="Close this notice"
        onClick={() => {
          setReadTitle(notice.title);
        }}
      >
        <X aria-hidden />
      </Button>
    </div>
  );
}
