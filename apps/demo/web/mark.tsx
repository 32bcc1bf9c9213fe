/** The demo's mark: two devices of one account. */
export function Mark() {
  return (
    <svg className="mark" viewBox="0 0 24 24" aria-hidden="true">
      <rect className="mark-ground" width="24" height="24" rx="6.5" />
      <rect x="5" y="7" width="9.5" height="6.5" rx="1" />
      <path d="M4 16.25h9" />
      <rect x="16.25" y="9.75" width="3.75" height="7" rx="1" />
    </svg>
  );
}
