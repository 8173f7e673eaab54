import { classNames } from "@/app/_lib/class-names";

interface SlantProgressProps {
  readonly passed: readonly boolean[];
  readonly label: string;
  readonly className?: string;
}

/** Progress as the ramp's planks: one slanted segment a step, filled when it has passed. */
export function SlantProgress({ passed, label, className }: SlantProgressProps) {
  const passedCount = passed.filter(Boolean).length;
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={passed.length}
      aria-valuenow={passedCount}
      aria-valuetext={`${String(passedCount)} of ${String(passed.length)} steps passed`}
      className={classNames("flex gap-[3px] px-0.5", className ?? "h-1.5")}
    >
      {passed.map((isPassed, index) => (
        <span
          key={index}
          className={classNames(
            "slant min-w-1 flex-1 rounded-[1px] transition-colors duration-150",
            isPassed ? "bg-accent" : "bg-line-strong/45",
          )}
        />
      ))}
    </div>
  );
}
