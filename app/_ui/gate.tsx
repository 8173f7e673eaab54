import type { ReactNode } from "react";

interface GateProps {
  readonly title: string;
  readonly lead: string;
  readonly children: ReactNode;
  readonly aside?: ReactNode;
}

/** The pages one comes in by: a narrow column on the left, the ramp drawn behind it. */
export function Gate({ title, lead, children, aside }: GateProps) {
  return (
    <div className="relative flex flex-1 overflow-hidden">
      <Ramp />
      <div className="relative mx-auto grid w-full max-w-5xl flex-1 content-center gap-10 px-5 py-8 sm:px-8 lg:grid-cols-[minmax(0,26rem)_1fr] lg:gap-20">
        <section className="w-full max-w-[26rem]">
          <h1 className="text-ink text-[28px] leading-tight font-semibold tracking-[-0.025em]">{title}</h1>
          <p className="text-ink-soft mt-2 text-[15px]">{lead}</p>
          <div className="mt-7">{children}</div>
        </section>
        {aside !== undefined && (
          <aside className="w-full max-w-md self-center lg:justify-self-end">{aside}</aside>
        )}
      </div>
    </div>
  );
}

function Ramp() {
  return (
    <svg
      aria-hidden
      className="text-line pointer-events-none absolute inset-0 size-full"
      preserveAspectRatio="xMaxYMax slice"
      viewBox="0 0 1280 720"
    >
      <g stroke="currentColor" fill="none" strokeWidth="1">
        {Array.from({ length: 15 }, (_, plank) => (
          <path
            key={plank}
            d={`M${String(560 + plank * 64)} 720 L${String(1040 + plank * 64)} 0`}
            opacity={0.25 + plank * 0.05}
          />
        ))}
        <path d="M520 720 1280 452" strokeWidth="2" opacity=".9" />
        <path d="M640 720 1280 494" strokeWidth="2" opacity=".9" />
      </g>
    </svg>
  );
}
