/** A choice that is as small as a filter: the browser's own list behind it, honey while something is chosen. */
export const chipSelectClass =
  "field-sizing-content max-w-56 cursor-pointer appearance-none truncate rounded-full border border-line bg-panel px-2.5 py-0.5 text-soft hover:text-ink data-[chosen=true]:border-honey-line data-[chosen=true]:bg-honey-bg data-[chosen=true]:font-[550] data-[chosen=true]:text-honey max-md:min-h-9";
