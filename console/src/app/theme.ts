import { theme as antd, type ThemeConfig } from 'antd';

// One accent, which is also the canary's colour. Stable is grey. Red means broken, amber means that a person is
// waited for, and nothing else is red or amber. styles.css has the same colours as custom properties.
const palette = {
  light: { accent: '#3451d1', text: '#1a1d24', background: '#f6f7f9', surface: '#ffffff', border: '#e1e4ea', red: '#c92a2a', amber: '#9a5b00' },
  dark: { accent: '#8098ff', text: '#e7e9ee', background: '#0f1115', surface: '#171a20', border: '#2b303a', red: '#ff7b72', amber: '#e8a33d' },
};

export function themeConfig(dark: boolean, still: boolean): ThemeConfig {
  const colors = dark ? palette.dark : palette.light;
  return {
    algorithm: dark ? antd.darkAlgorithm : antd.defaultAlgorithm,
    token: {
      colorPrimary: colors.accent,
      colorInfo: colors.accent,
      colorLink: colors.accent,
      colorError: colors.red,
      colorWarning: colors.amber,
      colorSuccess: dark ? '#a9b1c0' : '#5a6372',
      colorTextBase: colors.text,
      colorTextPlaceholder: dark ? '#9099a8' : '#686f7d',
      colorTextDescription: dark ? '#a3abb9' : '#545c6a',
      colorBgLayout: colors.background,
      colorBgContainer: colors.surface,
      colorBgElevated: dark ? '#1e222a' : colors.surface,
      colorBorder: dark ? '#3a404c' : '#cfd4dc',
      colorBorderSecondary: colors.border,
      borderRadius: 8,
      fontSize: 14,
      fontFamily: 'var(--font)',
      fontFamilyCode: 'var(--font-code)',
      controlHeight: 34,
      motion: !still,
    },
    components: {
      Button: { primaryShadow: 'none', defaultShadow: 'none', dangerShadow: 'none', fontWeight: 500, primaryColor: dark ? '#0f1115' : '#ffffff' },
      Tooltip: { colorBgSpotlight: dark ? '#2b303a' : '#1a1d24' },
    },
  };
}
