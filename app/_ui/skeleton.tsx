import { classNames } from "@/app/_lib/class-names";

/** The place of something that is on its way. */
export function Skeleton({ className }: { readonly className?: string }) {
  return (
    <div
      aria-hidden
      className={classNames("bg-raised animate-breathe rounded-sm", className ?? "h-4 w-full")}
    />
  );
}

/** Says once to screen readers that the page is loading, beside the skeletons that the eye sees. */
export function LoadingLabel({ children }: { readonly children: string }) {
  return (
    <p role="status" className="sr-only">
      {children}
    </p>
  );
}
