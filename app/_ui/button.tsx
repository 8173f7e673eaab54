import { cva, type VariantProps } from "class-variance-authority";
import type { ComponentProps } from "react";

/** Looks of a button, for links that act as one too. */
export const buttonStyle = cva(
  "inline-flex shrink-0 select-none items-center justify-center gap-1.5 rounded-md font-medium whitespace-nowrap transition-colors duration-100 disabled:opacity-55 aria-disabled:opacity-55 [&_svg]:shrink-0",
  {
    variants: {
      tone: {
        primary: "bg-accent text-accent-ink enabled:hover:bg-accent-strong",
        outline: "border border-line-strong text-ink hover:bg-raised",
        quiet: "text-ink-soft hover:bg-raised hover:text-ink",
        danger: "bg-bad text-canvas hover:opacity-90",
      },
      size: {
        small: "h-7 px-2.5 text-xs [&_svg]:size-3.5",
        medium: "h-9 px-3.5 text-[13px] [&_svg]:size-4",
        large: "h-11 px-5 text-[15px] [&_svg]:size-4.5",
        icon: "size-8 [&_svg]:size-4",
      },
    },
    defaultVariants: { tone: "outline", size: "medium" },
  },
);

type ButtonProps = ComponentProps<"button"> & VariantProps<typeof buttonStyle>;

/** A button of the house. `type` is `button` unless said otherwise, so that none submits a form by accident. */
export function Button({ tone, size, className, type = "button", ...rest }: ButtonProps) {
  return <button type={type} className={`${buttonStyle({ tone, size })} ${className ?? ""}`} {...rest} />;
}
