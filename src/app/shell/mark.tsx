/** Radapt's sign: an adapted curve above a frozen one. */
export function Mark() {
  return (
    <svg width="20" height="20" viewBox="0 0 20 20" aria-hidden fill="none" strokeWidth="2" strokeLinecap="round">
      <path d="M2 15 L7 11 L11 12.2 L18 4" stroke="var(--r-accent)" strokeLinejoin="round" />
      <path d="M2 17.5 L7 16 L11 15.6 L18 14" stroke="var(--r-line-strong)" strokeLinejoin="round" />
    </svg>
  );
}
