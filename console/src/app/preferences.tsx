import { createContext, use, useCallback, useEffect, useMemo, useState, useSyncExternalStore, type ReactNode } from 'react';
import { LanguageContext, languages, type Language } from './i18n';

export const themeChoices = ['system', 'light', 'dark'] as const;
export type ThemeChoice = (typeof themeChoices)[number];

interface Preferences {
  language: Language;
  setLanguage: (language: Language) => void;
  /** What the person chose; `system` follows the device. */
  themeChoice: ThemeChoice;
  setThemeChoice: (choice: ThemeChoice) => void;
  dark: boolean;
}

const PreferencesContext = createContext<Preferences | null>(null);

export function usePreferences(): Preferences {
  const preferences = use(PreferencesContext);
  if (!preferences) throw new Error('usePreferences needs a PreferencesProvider above it');
  return preferences;
}

/** Language and theme, kept in this browser. */
export function PreferencesProvider({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useStored('workbench.language', languages, preferredLanguage());
  const [themeChoice, setThemeChoice] = useStored('workbench.theme', themeChoices, 'system');
  const systemDark = useMediaQuery('(prefers-color-scheme: dark)');
  const dark = themeChoice === 'system' ? systemDark : themeChoice === 'dark';

  useEffect(() => {
    document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
  }, [language]);
  useEffect(() => {
    document.documentElement.dataset.theme = dark ? 'dark' : 'light';
  }, [dark]);

  const value = useMemo(
    () => ({ language, setLanguage, themeChoice, setThemeChoice, dark }),
    [language, setLanguage, themeChoice, setThemeChoice, dark],
  );
  return (
    <PreferencesContext value={value}>
      <LanguageContext value={language}>{children}</LanguageContext>
    </PreferencesContext>
  );
}

function preferredLanguage(): Language {
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

function useStored<T extends string>(key: string, allowed: readonly T[], otherwise: T): [T, (value: T) => void] {
  const [value, setValue] = useState<T>(() => {
    const stored = readStored(key);
    return allowed.find((candidate) => candidate === stored) ?? otherwise;
  });
  const store = useCallback(
    (next: T) => {
      setValue(next);
      try {
        localStorage.setItem(key, next);
      } catch {
        // A browser that keeps nothing still shows what was chosen until the page is left.
      }
    },
    [key],
  );
  return [value, store];
}

function readStored(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

export function useMediaQuery(query: string): boolean {
  const subscribe = useCallback(
    (notify: () => void) => {
      const list = window.matchMedia(query);
      list.addEventListener('change', notify);
      return () => list.removeEventListener('change', notify);
    },
    [query],
  );
  return useSyncExternalStore(subscribe, () => window.matchMedia(query).matches);
}

/** True on a phone: below this width the navigation is a drawer and tables are cards. */
export function useNarrow(): boolean {
  return useMediaQuery('(max-width: 767.98px)');
}
