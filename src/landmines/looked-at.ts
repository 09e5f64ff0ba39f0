/** Which facts findings depend on: while none of those has changed that the checks looked at, neither have the findings. */
import type { Facts } from '../contract/machine/facts.ts';

/** The same facts; whichever is looked at, known or not, is added to `names`. */
export function noteLooks(facts: Facts, names: Set<string>): Facts {
  return new Proxy(facts, {
    get(target, name, receiver) {
      names.add(String(name));
      return Reflect.get(target, name, receiver);
    },
    has(target, name) {
      names.add(String(name));
      return Reflect.has(target, name);
    },
    ownKeys(target) {
      for (const name of Object.keys(target)) names.add(name);
      return Reflect.ownKeys(target);
    },
  });
}
