import Link from "next/link";
import type { ReactNode } from "react";
import { AccountMenu } from "./account-menu";
import { Logo } from "./logo";

interface PageFrameProps {
  readonly children: ReactNode;
  /** What stands beside the mark: where the reader is. */
  readonly trail?: ReactNode;
  readonly actions?: ReactNode;
  /** Where the mark leads. */
  readonly home?: string;
}

/** A page with the bar of the house on top; its content scrolls below. */
export function PageFrame({ children, trail, actions, home = "/" }: PageFrameProps) {
  return (
    <div className="flex min-h-dvh flex-col">
      <header className="border-line flex h-12 shrink-0 items-center gap-3 border-b px-4">
        <Link prefetch={false} href={home} className="flex rounded-sm" aria-label="Slipway, start page">
          <Logo />
        </Link>
        {trail !== undefined && (
          <div className="text-ink-soft flex min-w-0 items-center gap-2 text-[13px]">
            <span aria-hidden className="bg-line-strong slant h-4 w-px" />
            <span className="truncate">{trail}</span>
          </div>
        )}
        <div className="ml-auto flex items-center gap-1.5">
          {actions}
          <AccountMenu />
        </div>
      </header>
      <main id="main" className="flex flex-1 flex-col">
        {children}
      </main>
    </div>
  );
}
