/** The mark: a hull on its ramp, about to meet the water. Decorative; whoever places it gives the name in words. */
export function LogoMark({ className }: { readonly className?: string }) {
  return (
    <svg viewBox="0 0 32 32" className={className} aria-hidden="true" focusable="false">
      <path d="M4 7.5 29 16.2v4.2L4 11.7z" fill="currentColor" opacity=".35" transform="translate(0 6)" />
      <path d="M6.4 3.6 27 10.8c.5 3.9-1.4 6.6-5.2 6.9L9.9 13.6C7 12 5.7 8.6 6.4 3.6z" fill="var(--accent)" />
      <path
        d="M3 27.2c2.2 0 2.2-1.6 4.4-1.6s2.2 1.6 4.3 1.6 2.200-1.6 4.400-1.6 2.100 1.600 4.300 1.600 2.200-1.600 4.300-1.600 2.200 1.600 4.400 1.600"
        fill="none"
        stroke="currentColor"
        strokeWidth="2"
        strokeLinecap="round"
      />
    </svg>
  );
}

/** The mark with the name. */
export function Logo({ className }: { readonly className?: string }) {
  return (
    <span className={`inline-flex items-center gap-2 ${className ?? ""}`}>
      <LogoMark className="size-6" />
      <span className="text-[15px] font-semibold tracking-[-0.02em]">slipway</span>
    </span>
  );
}
