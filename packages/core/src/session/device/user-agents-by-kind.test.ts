import { describe, expect, test } from 'vitest';
import type { ClientHints } from '../caller.ts';
import { readDevice } from './read-device.ts';

// Real user agents that were read wrongly once: name | type | user agent
const kinds: Readonly<Record<string, string>> = {
  'a television or a box beside one': `
Sky_STB_BCM7222_2020 on TV           | tv       | Mozilla/5.0 (X11; Linux armv7l) AppleWebKit/537.36 (KHTML, like Gecko) QtWebEngine/5.9.7 Chrome/56.0.2924.122 Safari/537.36 Sky_STB_BCM7222_2020/1.0.0 (Sky, ES240BR, , Wired)
Kodi on Amazon AFTMM                 | tv       | Mozilla/5.0 (Linux; U; Android 9; en-us; AFTMM) Kodi/20.2
Chrome on LG TV                      | tv       | Mozilla/5.0 (Linux; webOS/4.1.0; compatible; LGTV) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/53.0 Safari/537.36
Chrome on Chromecast                 | embedded | Mozilla/5.0 (Fuchsia) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.0.0 Safari/537.36 CrKey/1.56.500000
Chrome on Vizio TV                   | tv       | Mozilla/5.0 (X11; Linux armv7l) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/84.0.4147.125 Safari/537.36 VIZIO-DTV
comcast on TV                        | tv       | Mozilla/5.0 (Linux; x86_64 GNU/Linux) AppleWebKit/601.1 (KHTML, like Gecko) Version/8.0 Safari/601.1 WPE comcast/x1
`,
  'one that names itself twice, or late': `
Chrome on Samsung TV                 | tv       | Mozilla/5.0 (Linux; Android 11; SAMSUNG-TV Build/X) AppleWebKit/537.36 Chrome/100 Safari/537.36
Chrome on LG OLED65C3                | tv       | Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120 Safari/537.36 WebAppManager LGE/OLED65C3 webOS.TV-2023
Chrome on Chromecast                 | tv       | Mozilla/5.0 (CrKey armv7l 1.5.16041) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/31.0.1650.0 Safari/537.36
Outlook on macOS                     | desktop  | Outlook-Mac/16.80
Teams on iPad                        | tablet   | Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) TeamsMobile-iOS
`,
  'a telephone with a television in its app': `
PlutoTV on Samsung SM-G991B          | mobile   | Mozilla/5.0 (Linux; Android 13; SM-G991B) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/119 Mobile Safari/537.36 PlutoTV/5.1
`,
  'a console': `
Wii U                                | console  | Mozilla/5.0 (Nintendo WiiU) AppleWebKit/536.28 (KHTML, like Gecko) NX/3.0.3.12.6 NintendoBrowser/2.0.0.9362.US
Edge on Xbox Series X                | console  | Mozilla/5.0 (Windows NT 10.0; Win64; x64; Xbox; Xbox Series X) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/48.0.2564.82 Safari/537.36 Edge/20.02
Steam on Linux                       | desktop  | Mozilla/5.0 (X11; Linux x86_64; Valve Steam GameOverlay/default/1609800000) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/84 Safari/537.36
Steam on Linux                       | desktop  | Mozilla/5.0 (X11; Linux x86_64; Valve Steam Client/default/1680000000) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/85.0.4183.121 Safari/537.36
Steam on Windows                     | desktop  | Mozilla/5.0 (Windows; U; Windows NT 10.0; en-US; Valve Steam GameOverlay/1680000000; ) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/85 Safari/537.36
`,
  'a watch': `
Pixel Watch                          | wearable | Mozilla/5.0 (Linux; Android 11; Pixel Watch) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/101 Mobile Safari/537.36
`,
  'an e-reader': `
Android Browser on Kobo Touch        | tablet   | Mozilla/5.0 (Linux; U; Android 2.0; en-us;) AppleWebKit/533.1 (KHTML, like Gecko) Version/4.0 Mobile Safari/533.1 (Kobo Touch)
Android Browser on Kobo Touch        | tablet   | Mozilla/5.0 (Linux; U; Android 2.0; en-us;) AppleWebKit/538.1 (KHTML, like Gecko) Version/4.0 Mobile Safari/538.1 (Kobo Touch 0377/4.37.21586)
`,
  'a car': `
Tesla on Linux                       | embedded | Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) QtCarBrowser Safari/537.36
`,
  'a headset': `
MyVrApp on Quest 3                   | xr       | Mozilla/5.0 (Linux; Android 12; Quest 3) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120 Mobile Safari/537.36 MyVrApp/2.0
Firefox Reality on Android           | xr       | Mozilla/5.0 (Android 10; Mobile VR; rv:81.0) Gecko/81.0 Firefox/81.0
`,
  'an app that opens pages': `
Messenger on iPhone                  | mobile   | Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/21B74 [FBAN/MessengerForiOS;FBAV/437.0.0.34.106;FBBV/539;FBDV/iPhone13,2;FBMD/iPhone;FBSN/iOS;FBSV/17.1;FBLC/en_US]
Messenger on Pixel 6                 | mobile   | Mozilla/5.0 (Linux; Android 12; Pixel 6 Build/SD1A; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/120 Mobile Safari/537.36 [FB_IAB/Orca-Android;FBAV/437.0.0.31.108;]
TikTok on iPhone                     | mobile   | Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 BytedanceWebview/d8a21c6 TikTok 32.5.0
Snapchat on Samsung SM-G990B2        | mobile   | Mozilla/5.0 (Linux; Android 13; SM-G990B2 Build/TP1A; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/119 Mobile Safari/537.36Snapchat12.60.0.45 (SM-G990B2; Android 13#S902; gzip; )
Threads on iPhone                    | mobile   | Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Barcelona 312.0.0.34.109 (iPhone15,3; iOS 17_2; en_US; en; scale=3.00; 1290x2796; 547)
Viber on Pixel 8                     | mobile   | Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/124.0 Mobile Safari/537.36 Viber/21.0
Google app on Pixel 7                | mobile   | Mozilla/5.0 (Linux; Android 13; Pixel 7; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/119 Mobile Safari/537.36 GSA/14.49.29.28.arm64
Facebook on iPhone                   | mobile   | Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [FBAN/FBIOS;FBAV/460.0]
Messenger on Xiaomi M2007J20CG       | mobile   | Mozilla/5.0 (Linux; Android 11; M2007J20CG Build/RKQ1; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/119 Mobile Safari/537.36 [FB_IAB/MESSENGER;FBAV/300;]
WhatsApp on iOS                      | mobile   | WhatsApp/2.24.10 iOS/17.5 Device/iPhone_14
TikTok on iPhone                     | mobile   | TikTok 32.5.0 rv:325017 (iPhone; iOS 17.2; en_US) Cronet
com.zhiliaoapp.musically on Pixel 7  | mobile   | com.zhiliaoapp.musically/2023205030 (Linux; U; Android 13; en_US; Pixel 7; Build/TQ3A; Cronet/TTNetVersion:57844a4b 2019-10-16)
`,
  'an app of a desktop': `
Teams on Windows                     | desktop  | Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36 Edg/120.0.0.0 Teams/23320.3021.2567.4799/49
WhatsApp on Windows                  | desktop  | Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) WhatsApp/2.2352.0 Chrome/116 Electron/26 Safari/537.36
Outlook on Windows                   | desktop  | Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36 Edg/120.0.0.0 OneOutlook/1.2023.1214.201
Microsoft Outlook on Windows         | desktop  | Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17126; Pro)
Spotify on iPhone                    | mobile   | Spotify/8.8.98 iOS/17.2 (iPhone13,2)
Raycast on macOS                     | desktop  | Raycast/1.65 (macOS Version 14.2 (Build 23C64))
Postbox on Windows                   | desktop  | Postbox/7.0 (Windows)
MyDesk on Windows                    | desktop  | Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36 Edg/120.0.2210.144 MyDesk/1.0
Docker Desktop on macOS              | desktop  | Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Docker Desktop/4.26 Chrome/118 Electron/27 Safari/537.36
1Password on macOS                   | desktop  | Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.2.1 Safari/605.1.15 1Password/8
Zotero on Windows                    | desktop  | Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:109.0) Gecko/20100101 Firefox/115.0 Zotero/7.0
foobar2000 on Windows                | desktop  | foobar2000/2.1 (Windows)
MyApp on Ubuntu                      | desktop  | MyApp/1.0 (Ubuntu 22.04; Linux)
MyApp on macOS                       | desktop  | MyApp/1.0 (darwin; arm64)
MyApp on macOS                       | desktop  | MyApp/1.0 (Darwin 23.2.0)
MyApp on macOS                       | desktop  | MyApp (Macintosh)
`,
  'an app of Apple': `
iTunes on iPad                       | tablet   | iTunes-iPad/5.1.1 (64GB; dt:28)
AppStore on iPhone                   | mobile   | AppStore/3.0 iOS/17.2 model/iPhone15,2 hwp/t8120 build/21C62 (6; dt:283) AMS/1
MyMac on macOS                       | desktop  | MyMac/1.0 CFNetwork/1490 Darwin/23.2.0 (arm64) Mac15,3
`,
  'an iPad that says it is a Macintosh': `
Facebook on iPad                     | tablet   | Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) FBIOS [FBAN/FBIOS;FBDV/iPad13,1;FBMD/iPad;FBSN/iPadOS;FBSV/17.2]
`,
  'a version that is one': `
FortniteGame on iOS                  | mobile   | FortniteGame/++Fortnite+Release-27.11-CL-29739262 IOS/17.2
`,
  'a bot': `
Google-Site-Verification             | bot      | Mozilla/5.0 (compatible; Google-Site-Verification/1.0)
Seekport Crawler                     | bot      | Mozilla/5.0 (compatible; Seekport Crawler; http://seekport.com/)
PTST                                 | bot      | Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120 Safari/537.36 PTST/231201
NewRelicPinger                       | bot      | NewRelicPinger/1.0 (1234567)
Feedly                               | bot      | Feedly/1.0 (+http://www.feedly.com/fetcher.html; 10 subscribers; like FeedFetcher-Google)
W3C_Validator                        | bot      | W3C_Validator/1.3 http://validator.w3.org/services
Screaming Frog SEO Spider            | bot      | Screaming Frog SEO Spider/19.2
Sogou web spider                     | bot      | Mozilla/5.0 (compatible; Sogou web spider/4.0; +http://www.sogou.com/docs/help/webmasters.htm#07)
Sogou web spider                     | bot      | Sogou web spider/4.0(+http://www.sogou.com/docs/help/webmasters.htm#07)
Better Uptime Bot                    | bot      | Better Uptime Bot Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/100 Safari/537.36
NetNewsWire                          | -        | NetNewsWire (RSS Reader; https://netnewswire.com/)
Expanse                              | -        | Expanse, a Palo Alto Networks company, searches across the global IPv4 space
zgrab                                | bot      | Mozilla/5.0 zgrab/0.x
SpiderOak on Windows                 | desktop  | SpiderOak/7.5 (Windows)
`,
  'a command': `
GitHub CLI                           | cli      | GitHub CLI 2.40.1
git-lfs on Linux                     | cli      | git-lfs/3.4.1 (GitHub; linux amd64; go 1.21.5)
`,
  'a library': `
colly                                | -        | colly - https://github.com/gocolly/colly/v2
Jakarta Commons-HttpClient           | library  | Jakarta Commons-HttpClient/3.1
`,
  'a telephone, or a name with another name in it': `
Chrome on Motorola edge 30           | mobile   | Mozilla/5.0 (Linux; Android 12; motorola edge 30 Build/S1) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120 Mobile Safari/537.36
Chrome on OpenHarmony                | mobile   | Mozilla/5.0 (Phone; OpenHarmony 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.0.0 Safari/537.36 ArkWeb/4.1.6.1 Mobile
Chrome on Nokia 2 V Tella            | mobile   | Mozilla/5.0 (Linux; Android 9; Nokia 2 V Tella) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/73 Mobile Safari/537.36
Chrome on Android                    | mobile   | Mozilla/5.0 (Linux; Android 12; Build/XYZ) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119 Mobile Safari/537.36
Debianizer                           | -        | Debianizer/1.0
Solarishine                          | -        | Solarishine/1.0
Unixy-App                            | -        | Unixy-App/1.0
Tizenly                              | -        | Tizenly/1.0
`,
  'a client without any product': `
MyApp                                | -        | MyApp
my app                               | -        | my app
Мое приложение                       | -        | Мое приложение
微信                                   | -        | 微信
MyApp                                | -        | MyApp v1.2
MyApp                                | -        | MyApp (1.2)
MyApp                                | -        | MyApp; 1.2
MyApp                                | -        | MyApp, 1.2
MyApp                                | -        | MyApp:1.2
MyApp                                | -        | MyApp@1.2.3
MyApp                                | -        | 'MyApp'
MyApp                                | -        | User-Agent: MyApp/1.0
`,
};

describe.each(Object.entries(kinds))('the device is %s', (_, table) => {
  const rows = table
    .trim()
    .split('\n')
    .map((row) => row.split(' | ').map((cell) => cell.trim()))
    .map(([name = '', type = '', userAgent = '']) => [name, type, userAgent] as const);

  test.each(rows)('"%s", a %s, is read from %s', (name, type, userAgent) => {
    expect(readDevice({ userAgent, clientHints: null })).toMatchObject({ name, type: type === '-' ? null : type });
  });
});

const macSafari =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15';
const linuxChrome =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36';
const androidChrome =
  'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36';
const windowsChrome =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36';

const hinted: readonly (readonly [string, string, string, Partial<ClientHints>])[] = [
  ['Safari on iPad', 'tablet', macSafari, { platform: '"iOS"', mobile: '?0' }],
  ['Safari on iPad Pro', 'tablet', macSafari, { model: '"iPad Pro"' }],
  ['Chrome on Samsung SM-X710', 'tablet', linuxChrome, { platform: '"Android"', mobile: '?0', model: '"SM-X710"' }],
  [
    'Oculus Browser on Quest 3',
    'xr',
    androidChrome,
    { platform: '"Android"', model: '"Quest 3"', brands: '"Oculus Browser";v="31"' },
  ],
  [
    'Windows 11',
    'desktop',
    windowsChrome,
    {
      platform: '"Windows"',
      platformVersion: '"15.0.0"',
      brands: '"Chromium";v="120", "Microsoft Edge WebView2";v="120"',
    },
  ],
  [
    'HeadlessChrome',
    'bot',
    windowsChrome,
    { platform: '"Linux"', brands: '"Chromium";v="120", "HeadlessChrome";v="120"' },
  ],
];

test.each(hinted)('"%s", a %s, is read from the hints beside %s', (name, type, userAgent, hints) => {
  const none = { brands: null, mobile: null, platform: null, platformVersion: null, model: null };
  expect(readDevice({ userAgent, clientHints: { ...none, ...hints } })).toMatchObject({ name, type });
});

test('a level of the API of Android is no version', () => {
  expect(readDevice({ userAgent: 'Spotify/8.8 Android/33 (SM-S918B)', clientHints: null }).os).toEqual({
    name: 'Android',
    version: null,
  });
});
