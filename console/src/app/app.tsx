import { QueryClientProvider } from '@tanstack/react-query';
import { App as AntApp, ConfigProvider } from 'antd';
import enUS from 'antd/locale/en_US';
import type { Locale } from 'antd/es/locale';
import { useEffect, useMemo, useState, type ReactNode } from 'react';
import { RouterProvider } from 'react-router';
import { newQueryClient } from '../api/query';
import { cspNonce } from './nonce';
import { PreferencesProvider, useMediaQuery, usePreferences } from './preferences';
import { newRouter } from './routes';
import { themeConfig } from './theme';

const queryClient = newQueryClient();
const router = newRouter();

export function App() {
  return (
    <PreferencesProvider>
      <QueryClientProvider client={queryClient}>
        <Look>
          <RouterProvider router={router} />
        </Look>
      </QueryClientProvider>
    </PreferencesProvider>
  );
}

/** Ant Design in the theme and the language of the person. */
export function Look({ children }: { children: ReactNode }) {
  const { language, dark } = usePreferences();
  const still = useMediaQuery('(prefers-reduced-motion: reduce)');
  const theme = useMemo(() => themeConfig(dark, still), [dark, still]);
  const [chinese, setChinese] = useState<Locale>();

  useEffect(() => {
    if (language === 'zh') void import('antd/locale/zh_CN').then((module) => setChinese(module.default));
  }, [language]);

  return (
    <ConfigProvider theme={theme} locale={language === 'zh' && chinese ? chinese : enUS} csp={cspNonce ? { nonce: cspNonce } : undefined} button={{ autoInsertSpace: false }}>
      <AntApp component={false} message={{ maxCount: 3 }}>
        {children}
      </AntApp>
    </ConfigProvider>
  );
}
