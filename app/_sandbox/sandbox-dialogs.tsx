"use client";

import { Check, Minus } from "lucide-react";
import { useState, type ReactNode } from "react";
import { classNames } from "@/app/_lib/class-names";
import { waitWords } from "@/app/_lib/durations";
import { Button } from "@/app/_ui/button";
import { CopyButton } from "@/app/_ui/copy-button";
import { Dialog } from "@/app/_ui/dialog";
import type { SandboxView } from "@/server/protocol/views";
import { lossesOf, type Losses } from "./losses";
import { hasCluster, mayReset, profileOf, profileWords } from "./profile-words";
import { useSandboxChange, type SandboxAddress } from "./use-sandbox-change";

export type SandboxDialog = "about" | "reset" | "replace" | "change";

interface SandboxDialogsProps {
  readonly address: SandboxAddress;
  readonly sandbox: SandboxView;
  readonly onDialog: (dialog: SandboxDialog) => void;
  readonly onClose: () => void;
}

/** What the sandbox is, and the ways to begin again or to get more. Loaded when the first of them is opened. */
export function SandboxDialogs({
  dialog,
  ...props
}: SandboxDialogsProps & { readonly dialog: SandboxDialog }) {
  switch (dialog) {
    case "about":
      return <AboutDialog {...props} />;
    case "reset":
      return <ResetDialog {...props} />;
    case "replace":
      return <ReplaceDialog {...props} />;
    case "change":
      return <ChangeDialog {...props} />;
  }
}

const PUSH_COMMANDS = "docker tag web $REGISTRY_PREFIX/web\ndocker push $REGISTRY_PREFIX/web";

function AboutDialog({ sandbox, onDialog, onClose }: SandboxDialogsProps) {
  const profile = profileOf(sandbox);
  const isThere = mayReset(sandbox);
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title="Your sandbox"
      description={
        profile === undefined ? "A machine of your own." : `You have ${profileWords(profile).means}.`
      }
      footer={
        <>
          <Button
            disabled={!isThere}
            onClick={() => {
              onDialog("replace");
            }}
          >
            Replace it…
          </Button>
          <Button
            disabled={!isThere}
            onClick={() => {
              onDialog("reset");
            }}
          >
            Reset it…
          </Button>
        </>
      }
    >
      <dl className="space-y-4 text-[13px]">
        <Fact term="While you are away">
          It sleeps when nobody has been here for a while. Nothing is lost: coming back wakes it, in seconds.
          Terminals end with it, and what ran in them; containers with a restart policy start again
          {profile !== undefined && hasCluster(profile) && ", and so does the cluster"}.
        </Fact>
        <Fact term="Sharing images">
          Push below <code className="text-ink font-mono text-xs">$REGISTRY_PREFIX</code>, which your
          terminals know; you are signed in. Everybody in the room can pull it.
          <span className="bg-well border-line mt-2 flex items-start gap-2 rounded-md border py-1 pr-1 pl-3">
            <code className="text-ink min-w-0 flex-1 overflow-x-auto py-1.5 font-mono text-xs leading-5 whitespace-pre">
              {PUSH_COMMANDS}
            </code>
            <CopyButton tone="quiet" size="small" text={PUSH_COMMANDS} label="Copy" />
          </span>
        </Fact>
        <Fact term="When it is broken">
          A reset brings back its start state and can keep your home folder. A replacement is another sandbox,
          with nothing of this one.
        </Fact>
      </dl>
    </Dialog>
  );
}

function Fact({ term, children }: { readonly term: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt className="font-medium">{term}</dt>
      <dd className="text-ink-soft mt-0.5">{children}</dd>
    </div>
  );
}

const HOME_CHOICES = [
  { keepsHome: true, title: "Keep it", text: "Your files, shell history and settings stay as they are." },
  { keepsHome: false, title: "Empty it", text: "It becomes what it was on your first visit." },
] as const;

function ResetDialog({ address, sandbox, onClose }: SandboxDialogsProps) {
  const [keepsHome, setKeepsHome] = useState(true);
  const { reset } = useSandboxChange(address, onClose);
  const profile = profileOf(sandbox);
  return (
    <Dialog
      isOpen
      onClose={onClose}
      className="max-w-xl"
      title="Reset your sandbox?"
      description={`It goes back to its start state, with a fresh Docker Engine${
        profile !== undefined && hasCluster(profile) ? " and a fresh cluster" : ""
      }. ${timeWords(sandbox, "reset")}`}
      footer={
        <>
          <Button data-focus-first="" onClick={onClose}>
            Leave it as it is
          </Button>
          <Button
            tone="danger"
            disabled={reset.isPending}
            onClick={() => {
              reset.mutate(keepsHome);
            }}
          >
            {reset.isPending ? "Asking…" : "Reset it"}
          </Button>
        </>
      }
    >
      <fieldset>
        <legend className="mb-1.5 text-[13px] font-medium">Your home folder</legend>
        <div className="grid gap-2 sm:grid-cols-2">
          {HOME_CHOICES.map((choice) => (
            <label
              key={choice.title}
              className={classNames(
                "has-[:focus-visible]:outline-accent flex cursor-pointer items-start gap-2.5 rounded-md border p-3 text-[13px] has-[:focus-visible]:outline-2 has-[:focus-visible]:outline-offset-2",
                keepsHome === choice.keepsHome ? "border-accent bg-accent-soft" : "border-line-strong",
              )}
            >
              <input
                type="radio"
                name="home"
                className="accent-accent mt-[3px] shrink-0 outline-none"
                checked={keepsHome === choice.keepsHome}
                onChange={() => {
                  setKeepsHome(choice.keepsHome);
                }}
              />
              <span className="text-ink font-medium">
                {choice.title}
                <span className="text-ink-soft mt-0.5 block text-xs leading-5 font-normal">
                  {choice.text}
                </span>
              </span>
            </label>
          ))}
        </div>
      </fieldset>
      <LossTable losses={lossesOf(keepsHome, profile)} />
    </Dialog>
  );
}

function ReplaceDialog({ address, sandbox, onDialog, onClose }: SandboxDialogsProps) {
  const { replace } = useSandboxChange(address, onClose);
  return (
    <Dialog
      isOpen
      onClose={onClose}
      className="max-w-xl"
      title="Replace your sandbox?"
      description={`For when a reset does not help: this one is destroyed and you get another, at once when one stands ready. ${timeWords(sandbox, "replace")}`}
      footer={
        <>
          <Button data-focus-first="" onClick={onClose}>
            Keep this one
          </Button>
          <Button
            onClick={() => {
              onDialog("reset");
            }}
          >
            Reset it instead…
          </Button>
          <Button
            tone="danger"
            disabled={replace.isPending}
            onClick={() => {
              replace.mutate();
            }}
          >
            {replace.isPending ? "Asking…" : "Replace it"}
          </Button>
        </>
      }
    >
      <LossTable losses={lossesOf(false, profileOf(sandbox))} />
    </Dialog>
  );
}

function ChangeDialog({ address, sandbox, onClose }: SandboxDialogsProps) {
  const { change } = useSandboxChange(address, onClose);
  const means = "wantedProfile" in sandbox ? profileWords(sandbox.wantedProfile).means : "more";
  return (
    <Dialog
      isOpen
      onClose={onClose}
      className="max-w-xl"
      title="Get the sandbox that this lab needs?"
      description={`Yours begins anew with ${means}, and keeps your home folder. When there is no room for that now, it stays as it is until there is. ${timeWords(sandbox, "change")}`}
      footer={
        <>
          <Button data-focus-first="" onClick={onClose}>
            Leave it as it is
          </Button>
          <Button
            tone="danger"
            disabled={change.isPending}
            onClick={() => {
              change.mutate();
            }}
          >
            {change.isPending ? "Asking…" : "Change it"}
          </Button>
        </>
      }
    >
      <LossTable losses={lossesOf(true, profileOf(sandbox))} />
    </Dialog>
  );
}

/** How long it has usually taken here; nothing is promised that was not measured. */
function timeWords(sandbox: SandboxView, change: "reset" | "replace" | "change"): string {
  const usual = sandbox.state === "ready" ? sandbox.usualSeconds[change] : null;
  if (usual === null) return "You see how it goes on, and your terminal comes back by itself.";
  return `${change === "replace" ? "Making one usually takes" : "That usually takes"} ${waitWords(usual)}.`;
}

/** Side by side: what is lost for good, and what is not. */
function LossTable({ losses }: { readonly losses: Losses }) {
  return (
    <div aria-live="polite" className="mt-5 grid gap-x-6 gap-y-4 text-[13px] first:mt-0 sm:grid-cols-2">
      <LossList
        title="Gone for good"
        lines={losses.gone}
        mark={<Minus aria-hidden className="text-bad mt-1 size-3 shrink-0" />}
      />
      <LossList
        title="Stays"
        lines={losses.stays}
        mark={<Check aria-hidden className="text-accent mt-1 size-3 shrink-0" />}
      />
    </div>
  );
}

interface LossListProps {
  readonly title: string;
  readonly lines: readonly string[];
  readonly mark: ReactNode;
}

function LossList({ title, lines, mark }: LossListProps) {
  return (
    <section>
      <h3 className="font-medium">{title}</h3>
      <ul className="text-ink-soft mt-1.5 space-y-1.5">
        {lines.map((line) => (
          <li key={line} className="flex gap-2">
            {mark}
            <span>{line}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
