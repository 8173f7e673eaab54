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

/** A hull on its ramp, at the scale of the page. */
function Ramp() {
  return (
    <svg
      aria-hidden
      className="text-line pointer-events-none absolute inset-0 size-full max-md:opacity-50"
      preserveAspectRatio="xMaxYMax slice"
      viewBox="0 0 1280 720"
      fill="none"
      stroke="currentColor"
    >
      {Array.from({ length: 12 }, (_, plank) => (
        <path
          key={plank}
          d={`M${String(676 + plank * 56)} ${String(720 - plank * 12)}l${String(26 + plank)} ${String(-56 - plank)}`}
          strokeWidth="6"
          opacity={0.3 + plank * 0.05}
        />
      ))}
      <path d="M560 720 1280 520" strokeWidth="2" />
      <path d="M640 720 1280 542" strokeWidth="2" />
      <g strokeWidth="1.5" strokeLinejoin="round" className="max-lg:hidden">
        <path
          d="M742 250 1236 386c14 86-26 150-112 158L860 472C778 448 728 366 742 250z"
          fill="var(--canvas)"
        />
        <path d="M747 296 1240 432M754 342l482 133M771 388l455 125M798 432l404 111" opacity=".55" />
        <path d="m742 250-24-7 5-18 560 154" opacity=".8" />
      </g>
      <path
        className="max-lg:hidden"
        d="M742 250 1236 386l2 18L741 267z"
        fill="var(--accent)"
        stroke="none"
        opacity=".85"
      />
    </svg>
  );
}
