/** The value at a dotted path; `undefined` where a parent is missing or `null`. */
export const valueIn = (value: unknown, path: string): unknown =>
  path.split('.').reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined | null)?.[key], value)
