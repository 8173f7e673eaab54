"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { EllipsisVertical, UserPlus } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { useTRPC, useTRPCClient } from "@/app/_lib/api";
import { readApiError } from "@/app/_lib/api-error";
import { Button } from "@/app/_ui/button";
import { CopyButton } from "@/app/_ui/copy-button";
import { Dialog } from "@/app/_ui/dialog";
import { QueryFailure } from "@/app/_ui/failure";
import { Menu, MenuItem } from "@/app/_ui/menu";
import { Skeleton } from "@/app/_ui/skeleton";
import type { SetupLinkView, StaffView } from "@/server/protocol/views";

/** A link that was just made, with what it is for. */
interface ShownLink {
  readonly title: string;
  readonly lead: string;
  readonly link: SetupLinkView;
}

/** For admins: who teaches here, and how others come to. */
export function StaffPanel() {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const viewer = useQuery(trpc.accounts.viewer.queryOptions());
  const isAdmin = viewer.data?.role === "admin";
  const staff = useQuery({ ...trpc.accounts.staff.queryOptions(), enabled: isAdmin });
  const [shown, setShown] = useState<ShownLink | null>(null);
  const invite = useMutation({
    mutationFn: () => client.accounts.inviteInstructor.mutate(),
    onSuccess: (link) => {
      setShown({
        title: "Invite an instructor",
        lead: "Whoever opens this link makes an account that may teach. It works once.",
        link,
      });
    },
    onError: tellFailure,
  });
  if (!isAdmin) return null;
  return (
    <section aria-labelledby="staff" className="mt-10">
      <div className="mb-3 flex items-center justify-between gap-4">
        <h2 id="staff" className="text-[15px] font-semibold">
          Who teaches here
        </h2>
        <Button
          size="small"
          disabled={invite.isPending}
          onClick={() => {
            invite.mutate();
          }}
        >
          <UserPlus aria-hidden />
          Invite an instructor
        </Button>
      </div>
      {staff.data === undefined && staff.error === null && <Skeleton className="h-14 w-full" />}
      {staff.data === undefined && staff.error !== null && (
        <QueryFailure error={staff.error} onRetry={() => void staff.refetch()} />
      )}
      {staff.data !== undefined && (
        <ul className="border-line divide-line bg-panel divide-y overflow-hidden rounded-lg border">
          {staff.data.map((person) => (
            <StaffRow key={person.accountId} person={person} onLink={setShown} />
          ))}
        </ul>
      )}
      {shown !== null && (
        <LinkDialog
          {...shown}
          onClose={() => {
            setShown(null);
          }}
        />
      )}
    </section>
  );
}

const ROLE_WORDS = { attendee: "may not teach", instructor: "instructor", admin: "admin" } as const;

function StaffRow({
  person,
  onLink,
}: {
  readonly person: StaffView;
  readonly onLink: (shown: ShownLink) => void;
}) {
  const { displayName, email, role, isDisabled, isMe, hasPassword } = person;
  const { change, renew } = useStaffChanges(person, onLink);
  const make = (next: Partial<Pick<StaffView, "role" | "isDisabled">>) => () => {
    change.mutate({ role, isDisabled, ...next });
  };
  return (
    <li className="flex min-h-14 items-center gap-4 px-4 py-2">
      <span className="min-w-0 flex-1">
        <span className="block truncate text-[15px] font-medium">
          {displayName}
          {isMe && <span className="text-ink-faint font-normal"> (you)</span>}
        </span>
        <span className="text-ink-soft block truncate text-[13px]">{email ?? "by single sign-on"}</span>
      </span>
      <span className={`text-[13px] ${isDisabled ? "text-warn" : "text-ink-soft"}`}>
        {isDisabled ? "removed" : ROLE_WORDS[role]}
      </span>
      {isMe ? (
        <span className="w-8" />
      ) : (
        <Menu
          trigger={
            <Button tone="quiet" size="icon" aria-label={`Change ${displayName}`}>
              <EllipsisVertical aria-hidden />
            </Button>
          }
        >
          {hasPassword && !isDisabled && (
            <MenuItem
              onSelect={() => {
                renew.mutate();
              }}
            >
              Link for a new password
            </MenuItem>
          )}
          {role !== "instructor" && (
            <MenuItem onSelect={make({ role: "instructor" })}>Make instructor</MenuItem>
          )}
          {role !== "admin" && <MenuItem onSelect={make({ role: "admin" })}>Make admin</MenuItem>}
          {isDisabled ? (
            <MenuItem onSelect={make({ isDisabled: false })}>Let back in</MenuItem>
          ) : (
            <MenuItem onSelect={make({ isDisabled: true })}>Remove: end all that is open, now</MenuItem>
          )}
        </Menu>
      )}
    </li>
  );
}

function useStaffChanges({ accountId, displayName }: StaffView, onLink: (shown: ShownLink) => void) {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queryClient = useQueryClient();
  const change = useMutation({
    mutationFn: (to: Pick<StaffView, "role" | "isDisabled">) =>
      client.accounts.changeStaff.mutate({ accountId, ...to }),
    onError: tellFailure,
    onSettled: () => queryClient.invalidateQueries({ queryKey: trpc.accounts.staff.queryKey() }),
  });
  const renew = useMutation({
    mutationFn: () => client.accounts.renewPassword.mutate({ accountId }),
    onSuccess: (link) => {
      onLink({
        title: `A new password for ${displayName}`,
        lead: "Whoever opens this link chooses it; the old one works until then. Earlier links of this kind have ended.",
        link,
      });
    },
    onError: tellFailure,
  });
  return { change, renew };
}

function LinkDialog({ title, lead, link, onClose }: ShownLink & { readonly onClose: () => void }) {
  const url = `${location.origin}${link.path}`;
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={title}
      description={`${lead} It is good until ${link.expiresAt.toLocaleString()}, and shown only now.`}
      footer={<CopyButton text={url} label="Copy the link" tone="primary" data-focus-first="" />}
    >
      <p className="bg-well border-line rounded-md border p-3 font-mono text-xs break-all select-all">
        {url}
      </p>
    </Dialog>
  );
}

function tellFailure(error: unknown): void {
  toast.error("That did not work", { description: readApiError(error).message });
}
