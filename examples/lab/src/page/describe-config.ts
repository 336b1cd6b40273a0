type Part = Readonly<Record<string, unknown>> | undefined;

/** A trainer's config in a few words, whatever wrote it. */
export function describeConfig(config: unknown): string {
  const { model, data, loss, optimizer, orthograd, constraint } = (config ?? {}) as Record<string, Part>;
  const { kind, architecture, preset, layers, width, hidden } = (model ?? {}) as Record<string, unknown>;
  const shape = Array.isArray(hidden) ? hidden.join(' × ') : [layers, width].filter(Boolean).join(' × ');
  const words = [
    [architecture ?? preset ?? kind, shape].filter(Boolean).join(' '),
    data?.kind,
    loss?.name,
    `${orthograd ? '⊥' : ''}${optimizer?.name ?? ''}`,
    constraint?.name === 'none' ? undefined : constraint?.name,
  ];
  return words.filter(Boolean).join(', ');
}
