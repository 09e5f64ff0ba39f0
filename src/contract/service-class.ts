/** How urgent a request is. Earlier ones go first; `yard/queue/` has the rules. */
export const serviceClasses = ['interactive', 'background', 'batch'] as const;
export type ServiceClass = (typeof serviceClasses)[number];

export function isServiceClass(text: string): text is ServiceClass {
  return (serviceClasses as readonly string[]).includes(text);
}

/** The less urgent of the two. */
export function laterClass(one: ServiceClass, other: ServiceClass): ServiceClass {
  return serviceClasses.indexOf(one) >= serviceClasses.indexOf(other) ? one : other;
}
