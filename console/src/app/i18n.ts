import { createContext, useContext } from 'react';

export const languages = ['en', 'zh'] as const;
export type Language = (typeof languages)[number];

// A message is a sentence, or a function that makes one of numbers and names.
type Message = string | ((...values: never[]) => string);
type Messages = { [name: string]: Message | Messages };

/** The messages of one feature in each language. A message that lacks in one of them does not compile. */
export type MessageSet<M> = Readonly<Record<Language, M>>;

/**
 * Declares the messages of a feature. English decides which there are and what they take; the others have to have
 * the same, no more and no fewer.
 */
export function defineMessages<const M extends Messages>(messages: { en: M; zh: Translated<M> }): MessageSet<Translated<M>> {
  // English has the shape of itself; the compiler cannot follow that through the conditional type.
  return messages as unknown as MessageSet<Translated<M>>;
}

// The shape of messages without their English words.
type Translated<M> = {
  readonly [K in keyof M]: M[K] extends string
    ? string
    : M[K] extends (...values: infer A) => string
      ? (...values: A) => string
      : Translated<M[K]>;
};

export const LanguageContext = createContext<Language>('en');

export function useLanguage(): Language {
  return useContext(LanguageContext);
}

/** The messages of a set in the language of the person. */
export function useMessages<M>(set: MessageSet<M>): M {
  return set[useContext(LanguageContext)];
}

/** English plural: `plural(2, 'pod')` is "2 pods". */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}
