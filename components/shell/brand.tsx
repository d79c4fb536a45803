/** The mark: a skep, woven row by row, with its door. */
export function Brand() {
  return (
    <span className="flex items-center gap-[9px] font-[650] text-[15px] tracking-[-0.02em]">
      <svg
        viewBox="0 0 20 20"
        className="size-5 stroke-honey"
        fill="none"
        strokeWidth="1.6"
        strokeLinecap="round"
        aria-hidden="true"
      >
        <path d="M3 16.5h14M4 13.4h12M5 10.3h10M6.4 7.2h7.2M8.4 4.1h3.2" />
        <path d="M8.6 16.3v-1.2a1.4 1.4 0 0 1 2.8 0v1.2" className="stroke-ink" />
      </svg>
      Skep
    </span>
  );
}
