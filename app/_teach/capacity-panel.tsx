"use client";

import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { isolationWords } from "@/app/_board/isolation-words";
import { useTRPC } from "@/app/_lib/api";
import { readApiError } from "@/app/_lib/api-error";
import { classNames } from "@/app/_lib/class-names";
import { counted } from "@/app/_lib/durations";
import { sizeWords } from "@/app/_lib/sizes";
import { usePageVisible } from "@/app/_lib/use-page-visible";
import { profileWords } from "@/app/_sandbox/profile-words";
import { Button } from "@/app/_ui/button";
import { Notice } from "@/app/_ui/notice";
import { LoadingLabel, Skeleton } from "@/app/_ui/skeleton";
import type { CapacityView, ProfileCapacityView } from "@/server/protocol/views";

const REFRESH_MS = 5_000;

/** What the sandbox host carries and what still fits, before the room asks. */
export function CapacityPanel() {
  const trpc = useTRPC();
  const isVisible = usePageVisible();
  const { data, error, refetch } = useQuery({
    ...trpc.sandboxes.capacity.queryOptions(),
    refetchInterval: isVisible ? REFRESH_MS : false,
  });
  return (
    <section aria-labelledby="capacity" className="mt-10">
      <h2 id="capacity" className="mb-3 text-[15px] font-semibold">
        Sandbox host
      </h2>
      {data === undefined && error === null && <CapacitySkeleton />}
      {error !== null && (
        <Notice
          tone="warn"
          title="What the host carries could not be read"
          className="mb-3"
          action={
            <Button
              size="small"
              onClick={() => {
                void refetch();
              }}
            >
              Read it again
            </Button>
          }
        >
          {readApiError(error).message} {data !== undefined && "What you see is from before."}
        </Notice>
      )}
      {data !== undefined && <Capacity capacity={data} />}
    </section>
  );
}

const SHORTAGES = {
  capacity: {
    title: "Every place is taken",
    text: "Whoever comes now waits in the queue until a sandbox is given back or goes to sleep.",
  },
  memory: {
    title: "The host is short of memory",
    text: "Nobody leaves the queue until some is free. Those who have a sandbox are not affected.",
  },
  disk: {
    title: "The host is short of disk space",
    text: "Nobody leaves the queue until some is free. Those who have a sandbox are not affected.",
  },
  host: {
    title: "The host is not answering",
    text: "Nobody leaves the queue until it does. Terminals that are open go on.",
  },
} as const;

function Capacity({ capacity }: { readonly capacity: CapacityView }) {
  const { profiles, waitsFor } = capacity;
  return (
    <>
      {waitsFor !== null && (
        <Notice
          tone={waitsFor === "capacity" ? "warn" : "bad"}
          title={SHORTAGES[waitsFor].title}
          className="mb-3"
        >
          {SHORTAGES[waitsFor].text}
        </Notice>
      )}
      <div className="border-line bg-panel overflow-hidden rounded-lg border">
        <HostLine capacity={capacity} />
        <div
          className="border-line overflow-x-auto border-t -outline-offset-2"
          // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls on a narrow screen, so the keyboard must reach it
          tabIndex={0}
          role="region"
          aria-label="Sandboxes by profile"
        >
          <ProfileTable profiles={profiles} />
        </div>
      </div>
    </>
  );
}

function HostLine({ capacity }: { readonly capacity: CapacityView }) {
  const { memory, diskAvailableMiB, cpuCount } = capacity;
  const isolation = isolationWords(capacity.isolation);
  return (
    <div className="grid grid-cols-2 gap-x-8 gap-y-4 px-4 py-3.5 sm:grid-cols-[minmax(0,1fr)_auto_auto_auto] sm:items-start">
      <div className="max-sm:col-span-2">
        <p className="text-ink-faint text-xs">Memory</p>
        <p className="mt-0.5 text-[13px] tabular-nums">
          {sizeWords(memory.availableMiB)} free of {sizeWords(memory.totalMiB)}
        </p>
        <MemoryBar memory={memory} />
      </div>
      <Fact term="Disk">{sizeWords(diskAvailableMiB)} free</Fact>
      <Fact term="Processor">{counted(cpuCount, "core")}</Fact>
      <Fact term="Isolation">
        <span title={isolation.means} className={classNames(isolation.isWeak && "text-warn")}>
          {isolation.words}
        </span>
      </Fact>
    </div>
  );
}

function Fact({ term, children }: { readonly term: string; readonly children: ReactNode }) {
  return (
    <div>
      <p className="text-ink-faint text-xs">{term}</p>
      <p className="mt-0.5 text-[13px] tabular-nums">{children}</p>
    </div>
  );
}

/** In use by whatever runs on the host; and a mark at what awake sandboxes are planned with. */
function MemoryBar({ memory }: { readonly memory: CapacityView["memory"] }) {
  const { totalMiB, availableMiB, plannedMiB } = memory;
  const percentOf = (miB: number): number => Math.min(100, Math.max(0, (miB / Math.max(1, totalMiB)) * 100));
  const used = percentOf(totalMiB - availableMiB);
  const isTight = used > 90;
  return (
    <>
      <div aria-hidden className="bg-line-strong/35 relative mt-1.5 h-1.5 overflow-hidden rounded-[1px]">
        <div
          className={classNames("h-full", isTight ? "bg-bad" : "bg-accent")}
          style={{ width: `${String(used)}%` }}
        />
        <div
          className="bg-ink absolute top-0 h-full w-0.5"
          style={{ left: `${String(percentOf(plannedMiB))}%` }}
        />
      </div>
      <p className="text-ink-faint mt-1 text-xs tabular-nums">
        awake sandboxes are planned with {sizeWords(plannedMiB)}, where the mark is
      </p>
    </>
  );
}

const HEADS = ["Running", "Warm", "Asleep", "Queued", "More fit", "Usual start"] as const;

/** On a narrow screen a profile is a block, and each number says what it is. */
const CELL =
  "align-top max-sm:before:text-ink-faint max-sm:before:block max-sm:before:text-xs max-sm:before:content-[attr(data-head)] sm:px-3 sm:py-2.5 sm:text-right";

function ProfileTable({ profiles }: { readonly profiles: readonly ProfileCapacityView[] }) {
  return (
    <table className="w-full text-[13px] tabular-nums max-sm:block sm:min-w-[36rem]">
      <thead className="max-sm:sr-only">
        <tr className="text-ink-faint text-xs">
          <th scope="col" className="px-4 pt-2.5 pb-1.5 text-left font-normal">
            Profile
          </th>
          {HEADS.map((head) => (
            <th key={head} scope="col" className="px-3 pt-2.5 pb-1.5 text-right font-normal last:pr-4">
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody className="divide-line divide-y max-sm:block">
        {profiles.map((profile) => (
          <ProfileRow key={profile.profile} profile={profile} />
        ))}
      </tbody>
    </table>
  );
}

function ProfileRow({ profile }: { readonly profile: ProfileCapacityView }) {
  const { state, usualStartSeconds, footprintMiB, limits } = profile;
  const counts = [profile.running, profile.warm, profile.asleep, profile.queued, profile.fitsNow];
  return (
    <tr className="max-sm:grid max-sm:grid-cols-3 max-sm:gap-y-2 max-sm:px-4 max-sm:py-3">
      <th scope="row" className="text-left font-normal max-sm:col-span-3 sm:px-4 sm:py-2.5">
        <span className="flex items-baseline gap-2">
          <span className="text-ink font-medium whitespace-nowrap">{profileWords(profile.profile).name}</span>
          {state !== "ready" && (
            <span className={classNames("text-xs", state === "preparing" ? "text-warn" : "text-bad")}>
              {state === "preparing" ? "being prepared" : "not to be had"}
            </span>
          )}
        </span>
        <span className="text-ink-faint block text-xs">
          {profile.reason ??
            `${sizeWords(footprintMiB)} each, ${sizeWords(limits.memoryMiB)} at most, ${sizeWords(limits.diskMiB)} disk`}
        </span>
      </th>
      {counts.map((count, index) => (
        <td
          key={HEADS[index]}
          data-head={HEADS[index]}
          className={classNames(CELL, count === 0 ? "text-ink-faint" : "text-ink")}
        >
          {count}
          {HEADS[index] === "Warm" && profile.warming > 0 && (
            <span
              className="text-ink-faint text-xs"
              title={`${counted(profile.warming, "sandbox")} on the way`}
            >
              {" "}
              +{profile.warming}
            </span>
          )}
        </td>
      ))}
      <td data-head={HEADS.at(-1)} className={classNames(CELL, "text-ink-soft whitespace-nowrap sm:pr-4")}>
        {usualStartSeconds === null ? (
          <span className="text-ink-faint">not measured</span>
        ) : (
          `${String(usualStartSeconds)} s`
        )}
      </td>
    </tr>
  );
}

function CapacitySkeleton() {
  return (
    <div className="border-line bg-panel space-y-3 rounded-lg border p-4">
      <LoadingLabel>Reading what the host carries</LoadingLabel>
      <Skeleton className="h-9 w-2/3" />
      {[0, 1, 2].map((row) => (
        <Skeleton key={row} className="h-8 w-full" />
      ))}
    </div>
  );
}
