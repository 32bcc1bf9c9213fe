/** Splits a list into chunks of at most `size` items. */
export function chunksOf<TItem>(items: readonly TItem[], size: number): TItem[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
