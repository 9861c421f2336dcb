// One sentence for everybody: a toast for the eye, and the live region for the ear.
import { createStore } from "../chain/store.js";

export type Toast = { readonly id: number; readonly text: string };

export const toasts = createStore<readonly Toast[]>([]);

const SHOWN_FOR = 6_000;
let nextId = 0;

export function announce(text: string): void {
  const id = ++nextId;
  toasts.set((now) => [...now, { id, text }]);
  setTimeout(() => toasts.set((now) => now.filter((each) => each.id !== id)), SHOWN_FOR);
}
