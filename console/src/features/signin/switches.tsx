import { GlobalOutlined, MoonOutlined, SunOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useMessages } from '../../app/i18n';
import { frameMessages } from '../../app/messages';
import { usePreferences } from '../../app/preferences';

/** Language and theme, for a page without the bar at the top. */
export function LookSwitches() {
  const words = useMessages(frameMessages);
  const { language, setLanguage, dark, setThemeChoice } = usePreferences();
  return (
    <>
      <Button type="text" icon={<GlobalOutlined aria-hidden />} lang={language === 'en' ? 'zh-CN' : 'en'} onClick={() => setLanguage(language === 'en' ? 'zh' : 'en')}>
        {language === 'en' ? '中文' : 'English'}
      </Button>
      <Button
        type="text"
        icon={dark ? <SunOutlined aria-hidden /> : <MoonOutlined aria-hidden />}
        aria-label={`${words.theme}: ${dark ? words.themes.light : words.themes.dark}`}
        title={`${words.theme}: ${dark ? words.themes.light : words.themes.dark}`}
        onClick={() => setThemeChoice(dark ? 'light' : 'dark')}
      />
    </>
  );
}
