import { describe, expect, test } from 'vitest';
import { readDevice } from './read-device.ts';

type Case = readonly [userAgent: string, type: string, nameContains: readonly string[], nameLacks: readonly string[]];

// Real user agents, by kind. An empty type is not compared.
const kinds: Readonly<Record<string, readonly Case[]>> = {
  'a television has the type tv and names its maker': [
    [
      'Mozilla/5.0 (SMART-TV; Linux; Tizen 8.0) AppleWebKit/537.36 (KHTML, like Gecko) Samsung Browser/7.0 Chrome/108.0.5359.1 TV Safari/537.36',
      'tv',
      ['Samsung', 'TV'],
      ['on Browser'],
    ],
    [
      'Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) Chr0me/87.0.4280.88 Safari/537.36 LG Browser/8.00.00(LGE; OLED55C1PUB; 03.33.80; 0x00000001; DTV_W21O); webOS.TV-2021; LG NetCast.TV-2013 Compatible (LGE, OLED55C1PUB, wireless)',
      'tv',
      ['LG'],
      ['Safari'],
    ],
    [
      'Mozilla/5.0 (Linux; Android 12; Chromecast Build/STTE.230615.004; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/115.0.5790.166 Mobile Safari/537.36',
      'tv',
      ['Chromecast'],
      ['WebView'],
    ],
    ['Roku/DVP-12.5 (12.5.0.4178-88)', 'tv', ['Roku'], ['Roku on Roku', 'DVP']],
    [
      'Mozilla/5.0 (Linux; U; Android 11; BeyondTV Build/RTM) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/90 Safari/537.36',
      'tv',
      ['BeyondTV'],
      [],
    ],
    [
      'Mozilla/5.0 (Linux; Android 7.1.2; AFTS Build/NS6265; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/70.0.3538.110 Mobile Safari/537.36',
      'tv',
      ['Amazon'],
      ['WebView'],
    ],
    ['AppleTV11,1/11.1', 'tv', ['Apple TV'], ['11']],
    ['Roku4640X/DVP-7.70 (297.70E04154A)', 'tv', ['Roku'], ['DVP', 'Roku4640X']],
    ['HbbTV/1.5.1 (+DRM; Sony; KD-55X; v1; ; )', 'tv', ['Sony'], []],
  ],
  'letters inside a word name no maker': [
    [
      'Mozilla/5.0 (Linux; Android 16; PLK110 Build/BP2A.250605.015; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/134.0.6998.135 Mobile Safari/537.36',
      'mobile',
      ['PLK110'],
      ['LG ', 'WebView'],
    ],
    ['Pegasus Mail/4.70', '', ['Pegasus Mail'], [' on ']],
    ['Plasus/1.0', '', ['Plasus'], [' on ']],
    ['Bellsouth Mail/2.0', '', ['Bellsouth Mail'], [' on ']],
  ],
  'an app of the Mac runs on macOS': [
    ['Mail/3826.500.111.1.1 CFNetwork/3826.500.111.1.1 Darwin/24.4.0', '', ['Mail'], ['iOS', 'iPhone']],
    [
      'iTunes/12.13 (Windows; Microsoft Windows 11 x64; x64) AppleWebKit/7613.2007',
      'desktop',
      ['iTunes', 'Windows 11'],
      ['11 x'],
    ],
    ['Safari/19618.1.15 CFNetwork/1494 Darwin/23.4.0', 'desktop', ['macOS'], ['iOS']],
    ['Spotify/122900455 OSX_ARM64/OS X 14.2.1 [arm 2]', 'desktop', ['Spotify', 'macOS'], ['iOS']],
    ['Notes/42 CFNetwork/1485 Darwin/23.1.0', 'mobile', ['Notes on iOS'], []],
  ],
  'a browser of iOS on a Macintosh runs on an iPad': [
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/120 Version/11.1.1 Safari/605.1.15',
      'tablet',
      ['Chrome', 'iPad'],
      ['macOS'],
    ],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_6) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148',
      'tablet',
      ['iPad'],
      ['macOS'],
    ],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/121.0 Safari/605.1.15',
      'tablet',
      ['Firefox on iPad'],
      [],
    ],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.0 EdgiOS/120 Safari/605.1.15',
      'tablet',
      ['Edge on iPad'],
      [],
    ],
  ],
  'a version is shown only if it is one': [
    ['Needle/3.2.0 (Node.js v18.14.2; win32 x64)', '', ['Needle'], ['32']],
    ['MyGame/++UE5+Release-5.3-CL-0 Windows/10.0.22621.1.256.64bit', 'desktop', ['MyGame', 'Windows'], ['22621']],
    [
      'Mozilla/5.0 (Linux; Android 8.1.0; Nokia 1 Build/OPM1.171019.026) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/73.0.3683.90 Mobile Safari/537.36',
      'mobile',
      ['Nokia 1'],
      ['Build'],
    ],
    ['MyApp/1.0 Windows/10.0.19045', 'desktop', ['MyApp on Windows 10'], ['19045']],
  ],
  'an app is named instead of its engine': [
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 16_1_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [Pinterest/iOS]',
      'mobile',
      ['Pinterest', 'iPhone'],
      [],
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 TeamsMobile-iOS',
      'mobile',
      ['Teams', 'iPhone'],
      [],
    ],
    [
      'Mozilla/5.0 (Linux; Android 13; 22101316G Build/TP1A.220624.014; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/131.0.6778.39 Mobile Safari/537.36 Telegram-Android/11.3.3 (Xiaomi 22101316G; Android 13; SDK 33; HIGH)',
      'mobile',
      ['Telegram'],
      ['WebView'],
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 Mobile/15E148 Safari/604.1 (Ecosia ios@9.1.0.1571)',
      'mobile',
      ['Ecosia'],
      ['Safari'],
    ],
    [
      'Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 Thunderbird/115.5.0',
      'desktop',
      ['Thunderbird', 'Linux'],
      [],
    ],
    [
      'Mozilla/5.0 (Windows NT 10.0; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/117.0.5938.63 Spotify/1.2.22.982 Safari/537.36',
      'desktop',
      ['Spotify'],
      ['Chrome'],
    ],
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) @acme/desktop/1.2.0 Chrome/120.0.6099.109 Electron/28.1.0 Safari/537.36',
      'desktop',
      ['desktop'],
      ['@acme on'],
    ],
    [
      'Mozilla/5.0 (Linux; Android 13; SM-G991B; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/119.0 Mobile Safari/537.36 Reddit/2023.45',
      'mobile',
      ['Reddit on Samsung'],
      ['WebView'],
    ],
    [
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) obsidian/1.5.3 Chrome/114.0 Electron/25.8.1 Safari/537.36',
      'desktop',
      ['obsidian'],
      ['Electron'],
    ],
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36 Herring/95.1.1930.31',
      'desktop',
      ['Chrome on Windows'],
      ['Herring'],
    ],
    ['Outlook-iOS/2.0', 'mobile', ['Outlook on iOS'], ['2.0']],
  ],
  'a program that leaves a page for webmasters is a bot': [
    [
      'Mozilla/5.0 (Linux; Android 13) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.0.0 Mobile Safari/537.36 (compatible; AhrefsSiteAudit/6.1; +http://ahrefs.com/robot/site-audit)',
      'bot',
      ['AhrefsSiteAudit'],
      [],
    ],
    ['Mozilla/5.0 (compatible; YandexMetrika/2.0; +http://yandex.com/bots)', 'bot', ['YandexMetrika'], []],
    ['Mozilla/5.0 (compatible; SemrushSiteAudit; +https://www.semrush.com)', 'bot', ['SemrushSiteAudit'], []],
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko; compatible; PetalSearch; +https://aspiegel.com/petal) Chrome/90 Safari/537.36',
      'bot',
      ['PetalSearch'],
      [],
    ],
    ['Reader/1.0 (+https://reader.example/about)', 'bot', ['Reader'], []],
  ],
  'a client that sends one word is named by it': [
    ['ktor-client', 'library', ['ktor'], []],
    ['okhttp', 'library', ['okhttp'], []],
    ['my-service', '', ['my-service'], []],
    ['acme_http_client', 'library', ['acme_http_client'], []],
  ],
  'newer hardware keeps its whole name': [
    [
      'Mozilla/5.0 (Nintendo Switch 2; ShareApplet) AppleWebKit/613.1 (KHTML, like Gecko) NF/6.0.3.30.3 NintendoBrowser/5.1.0.30000',
      'console',
      ['Switch 2'],
      [],
    ],
    [
      'Mozilla/5.0 (PlayStation; PlayStation 5 Pro/9.00) AppleWebKit/605.1.15 (KHTML, like Gecko)',
      'console',
      ['PlayStation 5 Pro'],
      [],
    ],
    [
      'Mozilla/5.0 (X11; Linux x86_64; Quest 3S) AppleWebKit/537.36 (KHTML, like Gecko) OculusBrowser/35 Chrome/126 VR Safari/537.36',
      'xr',
      ['Quest 3S'],
      [],
    ],
  ],
};

describe.each(Object.entries(kinds))('%s', (_, cases) => {
  test.each(cases)('%s', (userAgent, type, nameContains, nameLacks) => {
    const device = readDevice({ userAgent, clientHints: null });
    if (type !== '') expect(device.type).toBe(type);
    const name = device.name?.toLowerCase() ?? '';
    for (const text of nameContains) expect(name).toContain(text.toLowerCase());
    for (const text of nameLacks) expect(name).not.toContain(text.toLowerCase());
  });
});

test.each([
  ['iPad', 'tablet'],
  ['iPad Pro 11', 'tablet'],
  ['Pixel Tablet', 'tablet'],
  ['Galaxy Tab S9', 'tablet'],
  ['SM-X906C', 'tablet'],
  ['iPhone 15', 'mobile'],
  ['Pixel 8', 'mobile'],
  ['MacBook Pro', 'desktop'],
  ['Apple TV', 'tv'],
  ['Apple Watch', 'wearable'],
  ['Quest 3', 'xr'],
  ['iPad13,1', 'tablet'],
  ['iPhone15,2', 'mobile'],
  ['iPhone XR', 'mobile'],
  ['Watch6,2', 'wearable'],
  ['MacBookPro18,1', 'desktop'],
  ['RealityDevice14,1', 'xr'],
  ['OnePlus Pad', 'tablet'],
  ['HUAWEI MatePad 11', 'tablet'],
  ['Kindle Fire HD', 'tablet'],
  ['Galaxy Z Fold5', 'mobile'],
  ['PlayStation VR2', 'xr'],
  ['PS5', 'console'],
  ['Chromebook Plus', 'desktop'],
  ['Tesla Model 3', 'embedded'],
])('a client that names the model %s has the type %s', (model, type) => {
  expect(readDevice({ userAgent: 'MyApp/1 CFNetwork/1485 Darwin/23.1.0', clientHints: null }, { model }).type).toBe(
    type,
  );
});

test.each(['Toaster', 'Padlock', 'Macaroni', 'Watchman'])(
  'the unknown model %s keeps the type of the user agent',
  (model) => {
    const caller = { userAgent: 'MyApp/1 CFNetwork/1485 Darwin/23.1.0', clientHints: null };
    expect(readDevice(caller, { model }).type).toBe('mobile');
  },
);

test.each([
  ['a Hangul filler', '\u3164'],
  ['a Braille blank', '\u2800'],
  ['a joiner alone', '\u200d'],
  ['a mark alone', '\u0301'],
  ['many of them', '\u3164 \u2800\u200c\uffa0'],
])('a device name of %s is no name', (_, name) => {
  expect(readDevice({ userAgent: 'curl/8.4.0', clientHints: null }, { name }).name).toBe('curl');
});

test('marks stacked on one letter are cut to four', () => {
  const name = `A${'\u0301'.repeat(40)}da`;
  expect(readDevice({ userAgent: null, clientHints: null }, { name }).name).toBe(`A${'\u0301'.repeat(4)}da`);
});
