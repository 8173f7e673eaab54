import { CircleAlert, Info, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { classNames } from "@/app/_lib/class-names";

interface NoticeProps {
  readonly tone: "info" | "warn" | "bad";
  readonly title: string;
  readonly children?: ReactNode;
  readonly action?: ReactNode;
  readonly className?: string;
}

const LOOKS = {
  info: { icon: Info, className: "border-line bg-panel", ink: "text-accent" },
  warn: { icon: TriangleAlert, className: "border-warn/40 bg-warn-soft", ink: "text-warn" },
  bad: { icon: CircleAlert, className: "border-bad/40 bg-bad-soft", ink: "text-bad" },
} as const;

/** Says what happened (title), what it means and what to do (children), and offers the way on (action). */
export function Notice({ tone, title, children, action, className }: NoticeProps) {
  const look = LOOKS[tone];
  return (
    <div
      role={tone === "bad" ? "alert" : "status"}
      className={classNames("flex gap-3 rounded-lg border p-3 text-[13px]", look.className, className)}
    >
      <look.icon className={classNames("mt-0.5 size-4 shrink-0", look.ink)} aria-hidden />
      <div className="min-w-0 flex-1">
        <p className="text-ink font-medium">{title}</p>
        {children !== undefined && <div className="text-ink-soft mt-0.5">{children}</div>}
        {action !== undefined && <div className="mt-2.5 flex flex-wrap gap-2">{action}</div>}
      </div>
    </div>
  );
}
