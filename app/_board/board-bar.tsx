"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ChevronDown, Presentation, RefreshCw, Ban } from "lucide-react";
import dynamic from "next/dynamic";
import Link from "next/link";
import { useState } from "react";
import { toast } from "sonner";
import { useTRPC, useTRPCClient } from "@/app/_lib/api";
import { readApiError } from "@/app/_lib/api-error";
import { writeClipboard } from "@/app/_lib/clipboard";
import { counted, dateTimeWords } from "@/app/_lib/durations";
import { AccountMenu } from "@/app/_ui/account-menu";
import { Button } from "@/app/_ui/button";
import { Dialog } from "@/app/_ui/dialog";
import { LogoMark } from "@/app/_ui/logo";
import { Menu, MenuItem, MenuLabel, MenuSeparator } from "@/app/_ui/menu";
import { formatCode } from "@/server/protocol/codes";
import type { BoardView } from "@/server/protocol/views";

const Projector = dynamic(() => import("./projector").then((module) => module.Projector));

const VALIDITIES = [
  { hours: 4, words: "for 4 hours" },
  { hours: 12, words: "for 12 hours" },
  { hours: 24 * 3, words: "for 3 days" },
] as const;

/** Where one is, whether the board is live, and the join code with what can be done about it. */
export function BoardBar({ board, isLive }: { readonly board: BoardView; readonly isLive: boolean }) {
  const [overlay, setOverlay] = useState<"projector" | "revoke" | null>(null);
  const { replace, revoke } = useJoinCode(board.cohortId);
  const close = () => {
    setOverlay(null);
  };
  return (
    <header className="border-line flex shrink-0 flex-wrap items-center gap-x-4 gap-y-2 border-b px-4 py-2">
      <Link href="/teach" className="rounded-sm" aria-label="All cohorts">
        <LogoMark className="size-6" />
      </Link>
      <div className="min-w-0">
        <h1 className="truncate text-[15px] leading-5 font-semibold">{board.cohortName}</h1>
        <p className="text-ink-faint truncate text-xs">
          {board.workshopTitle} · {counted(board.attendees.length, "attendee")} of {board.capacity}
        </p>
      </div>
      <p role="status" className="text-ink-faint flex items-center gap-1.5 text-xs">
        <span
          aria-hidden
          className={isLive ? "bg-accent size-1.5 rounded-full" : "bg-warn size-1.5 rotate-45"}
        />
        {isLive ? "live" : "reconnecting…"}
      </p>
      <div className="ml-auto flex items-center gap-2">
        <JoinCodeMenu
          board={board}
          onReplace={(hoursValid) => {
            replace.mutate(hoursValid);
          }}
          onRevoke={() => {
            setOverlay("revoke");
          }}
        />
        <Button
          disabled={board.joinCode === null}
          onClick={() => {
            setOverlay("projector");
          }}
        >
          <Presentation aria-hidden />
          Projector
        </Button>
        <AccountMenu />
      </div>
      {overlay === "projector" && board.joinCode !== null && (
        <Projector board={board} code={board.joinCode} onClose={close} />
      )}
      <Dialog
        isOpen={overlay === "revoke"}
        onClose={close}
        title="Revoke the join code?"
        description="Nobody can join any more until you make a new one. Those who are in stay in, and rejoin codes keep working."
        footer={
          <>
            <Button data-focus-first="" onClick={close}>
              Keep it
            </Button>
            <Button
              tone="danger"
              onClick={() => {
                close();
                revoke.mutate();
              }}
            >
              Revoke it
            </Button>
          </>
        }
      />
    </header>
  );
}

interface JoinCodeMenuProps {
  readonly board: BoardView;
  readonly onReplace: (hoursValid: number) => void;
  readonly onRevoke: () => void;
}

function JoinCodeMenu({ board, onReplace, onRevoke }: JoinCodeMenuProps) {
  const { joinCode: code, joinCodeExpiresAt: expiresAt } = board;
  return (
    <Menu
      trigger={
        <Button tone="quiet" aria-label={code === null ? "No join code" : `Join code ${formatCode(code)}`}>
          {code === null ? (
            "No join code"
          ) : (
            <span className="text-ink font-mono text-lg tracking-[0.06em]">{formatCode(code)}</span>
          )}
          <ChevronDown aria-hidden />
        </Button>
      }
    >
      {code !== null && (
        <>
          <MenuLabel>
            {expiresAt === null ? "Valid until it is revoked" : `Valid until ${dateTimeWords(expiresAt)}`}
          </MenuLabel>
          <MenuItem
            onSelect={() => {
              void writeClipboard(`${location.origin}/#${code}`).then((isCopied) => {
                toast(
                  isCopied
                    ? "The join link is on the clipboard"
                    : "Your browser did not let us copy the link",
                );
              });
            }}
          >
            Copy the join link
          </MenuItem>
          <MenuSeparator />
        </>
      )}
      <MenuLabel>{code === null ? "New join code" : "Replace the join code"}</MenuLabel>
      {VALIDITIES.map(({ hours, words }) => (
        <MenuItem
          key={hours}
          icon={<RefreshCw aria-hidden />}
          onSelect={() => {
            onReplace(hours);
          }}
        >
          {words}
        </MenuItem>
      ))}
      {code !== null && (
        <>
          <MenuSeparator />
          <MenuItem icon={<Ban aria-hidden />} isDanger onSelect={onRevoke}>
            Revoke it…
          </MenuItem>
        </>
      )}
    </Menu>
  );
}

function useJoinCode(cohortId: string) {
  const client = useTRPCClient();
  const queryClient = useQueryClient();
  const { queryKey } = useTRPC().cohorts.board.queryOptions({ cohortId });
  const refresh = () => queryClient.invalidateQueries({ queryKey });
  const onError = (error: unknown) => {
    toast.error("The join code is as it was", { description: readApiError(error).message });
  };
  const replace = useMutation({
    mutationFn: (hoursValid: number) => client.cohorts.replaceJoinCode.mutate({ cohortId, hoursValid }),
    onSuccess: refresh,
    onError,
  });
  const revoke = useMutation({
    mutationFn: () => client.cohorts.revokeJoinCode.mutate({ cohortId }),
    onSuccess: refresh,
    onError,
  });
  return { replace, revoke };
}
