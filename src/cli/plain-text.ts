/**
 * What a machine says of itself (its name, its GPUs, why it declines) as it may be printed: a terminal would obey control
 * characters, and show text that changes direction in another order.
 */
export function plainText(text: string): string {
  return text.replace(/[\p{Cc}\p{Bidi_Control}]/gu, '?');
}
