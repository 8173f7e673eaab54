import { useId, type ComponentProps, type ReactNode } from "react";
import { classNames } from "@/app/_lib/class-names";

interface FieldProps extends ComponentProps<"input"> {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly error?: string | undefined;
  readonly inputClassName?: string;
}

export const inputStyle =
  "w-full rounded-md border border-line-strong bg-well px-3 text-ink transition-colors duration-100 focus:border-accent focus:outline-2 focus:outline-offset-0 focus:outline-accent aria-invalid:border-bad aria-invalid:outline-bad disabled:opacity-60";

/** A labelled input; its hint and its error are read out with it. */
export function Field({ label, hint, error, inputClassName, className, ...input }: FieldProps) {
  const id = useId();
  const noteId = `${id}-note`;
  const hasNote = error !== undefined || hint !== undefined;
  return (
    <div className={className}>
      <label htmlFor={id} className="text-ink mb-1.5 block text-[13px] font-medium">
        {label}
      </label>
      <input
        id={id}
        className={classNames(inputStyle, inputClassName ?? "h-10 text-[15px]")}
        aria-invalid={error !== undefined}
        aria-describedby={hasNote ? noteId : undefined}
        {...input}
      />
      {hasNote && (
        <p
          id={noteId}
          className={classNames("mt-1.5 text-xs", error === undefined ? "text-ink-faint" : "text-bad")}
          role={error === undefined ? undefined : "alert"}
        >
          {error ?? hint}
        </p>
      )}
    </div>
  );
}
