import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { ClientHints } from '../caller.ts';
import type { Device, DeviceInput, DevicePart } from './device.ts';
import { readDevice } from './read-device.ts';

function read(userAgent: string | null, hints: Partial<ClientHints> | null = null, input?: DeviceInput): Device {
  const none = { brands: null, mobile: null, platform: null, platformVersion: null, model: null };
  return readDevice({ userAgent, clientHints: hints === null ? null : { ...none, ...hints } }, input);
}

function written({ name, version }: DevicePart): string {
  return name === null && version === null ? '-' : `${name ?? '-'}/${version ?? '-'}`;
}

const nothing: Device = {
  type: null,
  name: null,
  vendor: null,
  model: null,
  os: { name: null, version: null },
  browser: { name: null, version: null },
  app: { name: null, version: null },
};

const windows =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36';
const mac =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36';
const linux = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36';
const android =
  'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36';
const androidTablet = android.replace('Mobile ', '');
const iphone =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_1_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.1.2 Mobile/15E148 Safari/604.1';

// name | type | os | browser | app | user agent
const userAgents = `
Chrome on Windows                    | desktop  | Windows/-              | Chrome/120                 | -                             | Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36
Edge on Windows                      | desktop  | Windows/-              | Edge/120.0.2210.91         | -                             | Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36 Edg/120.0.2210.91
Firefox on Windows                   | desktop  | Windows/-              | Firefox/121.0              | -                             | Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:121.0) Gecko/20100101 Firefox/121.0
Vivaldi on Windows                   | desktop  | Windows/-              | Vivaldi/6.5.3206.50        | -                             | Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36 Vivaldi/6.5.3206.50
Internet Explorer on Windows 7       | desktop  | Windows/7              | Internet Explorer/11.0     | -                             | Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko
Chrome on Windows 7                  | desktop  | Windows/7              | Chrome/109                 | -                             | Mozilla/5.0 (Windows NT 6.1; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/109.0.0.0 Safari/537.36
Firefox on Windows 8.1               | desktop  | Windows/8.1            | Firefox/115.0              | -                             | Mozilla/5.0 (Windows NT 6.3; Win64; x64; rv:115.0) Gecko/20100101 Firefox/115.0
Safari on macOS                      | desktop  | macOS/-                | Safari/17.2                | -                             | Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.2 Safari/605.1.15
Chrome on macOS                      | desktop  | macOS/-                | Chrome/120                 | -                             | Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36
Firefox on macOS                     | desktop  | macOS/-                | Firefox/121.0              | -                             | Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:121.0) Gecko/20100101 Firefox/121.0
Safari on macOS                      | desktop  | macOS/10.11.6          | Safari/9.1.2               | -                             | Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_6) AppleWebKit/601.7.7 (KHTML, like Gecko) Version/9.1.2 Safari/601.7.7
Chrome on Linux                      | desktop  | Linux/-                | Chrome/120                 | -                             | Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36
Firefox on Ubuntu                    | desktop  | Ubuntu/-               | Firefox/121.0              | -                             | Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0
Konqueror on FreeBSD                 | -        | FreeBSD/-              | Konqueror/4.5              | -                             | Mozilla/5.0 (compatible; Konqueror/4.5; FreeBSD) KHTML/4.5.4 (like Gecko)
Epiphany on Linux                    | desktop  | Linux/-                | Epiphany/605.1.15          | -                             | Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.0 Safari/605.1.15 Epiphany/605.1.15
Chrome on ChromeOS                   | desktop  | ChromeOS/-             | Chrome/120                 | -                             | Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36
Lynx                                 | -        | -                      | Lynx/2.8.9rel.1            | -                             | Lynx/2.8.9rel.1 libwww-FM/2.14 SSL-MM/1.4.1 OpenSSL/1.1.1d
Chrome on Android                    | mobile   | Android/-              | Chrome/120                 | -                             | Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36
Chrome on Pixel 7 Pro                | mobile   | Android/13             | Chrome/114.0.5735.196      | -                             | Mozilla/5.0 (Linux; Android 13; Pixel 7 Pro) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.5735.196 Mobile Safari/537.36
Chrome on Redmi Note 9 Pro           | mobile   | Android/12             | Chrome/110.0.5481.65       | -                             | Mozilla/5.0 (Linux; Android 12; Redmi Note 9 Pro) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/110.0.5481.65 Mobile Safari/537.36
Chrome on LE2113                     | mobile   | Android/11             | Chrome/104.0.5112.97       | -                             | Mozilla/5.0 (Linux; Android 11; LE2113) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/104.0.5112.97 Mobile Safari/537.36
Samsung Internet on Samsung SM-S918B | mobile   | Android/13             | Samsung Internet/23.0      | -                             | Mozilla/5.0 (Linux; Android 13; SAMSUNG SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/23.0 Chrome/115.0.0.0 Mobile Safari/537.36
Firefox on Android                   | mobile   | Android/14             | Firefox/121.0              | -                             | Mozilla/5.0 (Android 14; Mobile; rv:121.0) Gecko/121.0 Firefox/121.0
Firefox on Android                   | tablet   | Android/13             | Firefox/121.0              | -                             | Mozilla/5.0 (Android 13; Tablet; rv:121.0) Gecko/121.0 Firefox/121.0
Opera on Android                     | mobile   | Android/-              | Opera/79                   | -                             | Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119.0.0.0 Mobile Safari/537.36 OPR/79.0.0.0
Opera Mini on Android                | mobile   | Android/-              | Opera Mini/7.5.33361       | -                             | Opera/9.80 (Android; Opera Mini/7.5.33361/31.1543; U; en) Presto/2.8.119 Version/11.1010
DuckDuckGo on Android                | mobile   | Android/10             | DuckDuckGo/5               | -                             | Mozilla/5.0 (Linux; Android 10) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/119.0.0.0 Mobile DuckDuckGo/5 Safari/537.36
Chrome on Samsung SM-X906C           | tablet   | Android/12             | Chrome/101.0.4951.41       | -                             | Mozilla/5.0 (Linux; Android 12; SM-X906C) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/101.0.4951.41 Safari/537.36
Chrome on Android                    | tablet   | Android/-              | Chrome/120                 | -                             | Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36
Silk on Amazon KFMAWI                | tablet   | Android/9              | Silk/108.4.6               | -                             | Mozilla/5.0 (Linux; Android 9; KFMAWI) AppleWebKit/537.36 (KHTML, like Gecko) Silk/108.4.6 like Chrome/108.0.5359.160 Safari/537.36
Safari on iPhone                     | mobile   | iOS/17.1.2             | Safari/17.1.2              | -                             | Mozilla/5.0 (iPhone; CPU iPhone OS 17_1_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.1.2 Mobile/15E148 Safari/604.1
Safari on iPhone                     | mobile   | iOS/-                  | Safari/26.0                | -                             | Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1
Safari on iPhone                     | mobile   | iOS/18.6               | Safari/18.6                | -                             | Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1
Chrome on iPhone                     | mobile   | iOS/17.1.2             | Chrome/120.0.6099.119      | -                             | Mozilla/5.0 (iPhone; CPU iPhone OS 17_1_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/120.0.6099.119 Mobile/15E148 Safari/604.1
Firefox on iPhone                    | mobile   | iOS/17.1.2             | Firefox/121.0              | -                             | Mozilla/5.0 (iPhone; CPU iPhone OS 17_1_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/121.0 Mobile/15E148 Safari/605.1.15
Edge on iPhone                       | mobile   | iOS/17.1.2             | Edge/120.0.2210.126        | -                             | Mozilla/5.0 (iPhone; CPU iPhone OS 17_1_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 EdgiOS/120.0.2210.126 Mobile/15E148 Safari/604.1
Safari on iPad                       | tablet   | iOS/17.1               | Safari/17.1                | -                             | Mozilla/5.0 (iPad; CPU OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.1 Mobile/15E148 Safari/604.1
Chrome on iPad                       | tablet   | iOS/17.1               | Chrome/120.0.6099.119      | -                             | Mozilla/5.0 (iPad; CPU OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/120.0.6099.119 Mobile/15E148 Safari/604.1
Safari on iPod touch                 | mobile   | iOS/12.5.7             | Safari/12.1.2              | -                             | Mozilla/5.0 (iPod touch; CPU iPhone OS 12_5_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/12.1.2 Mobile/15E148 Safari/604.1
Instagram on iPhone                  | mobile   | iOS/17.1.2             | Instagram/309.1.1.28.108   | -                             | Mozilla/5.0 (iPhone; CPU iPhone OS 17_1_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Instagram 309.1.1.28.108 (iPhone15,2; iOS 17_1_2; en_US; en; scale=3.00; 1179x2556; 537288535)
iPhone                               | mobile   | iOS/17.1.2             | -                          | -                             | Mozilla/5.0 (iPhone; CPU iPhone OS 17_1_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148
Google app on iPhone                 | mobile   | iOS/17.1.2             | Google app/295.0.590048842 | -                             | Mozilla/5.0 (iPhone; CPU iPhone OS 17_1_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) GSA/295.0.590048842 Mobile/15E148 Safari/604.1
Slack on macOS                       | desktop  | macOS/-                | Electron/27.0.4            | Slack/4.35.126                | Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Slack/4.35.126 Chrome/118.0.5993.144 Electron/27.0.4 Safari/537.36 Sonic Slack_SSB/4.35.126
Visual Studio Code on Windows        | desktop  | Windows/-              | Electron/25.9.7            | Visual Studio Code/1.85.1     | Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Code/1.85.1 Chrome/114.0.5735.289 Electron/25.9.7 Safari/537.36
Discord on Windows                   | desktop  | Windows/-              | Electron/22.3.26           | Discord/1.0.9028              | Mozilla/5.0 (Windows NT 10.0; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) discord/1.0.9028 Chrome/108.0.5359.215 Electron/22.3.26 Safari/537.36
Electron on Linux                    | desktop  | Linux/-                | Electron/27.2.0            | -                             | Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/118.0.5993.159 Electron/27.2.0 Safari/537.36
okhttp on Android                    | mobile   | Android/-              | -                          | okhttp/4.12.0                 | okhttp/4.12.0
MyApp on Pixel 7                     | mobile   | Android/13             | -                          | MyApp/2.3.1                   | MyApp/2.3.1 (Android 13; Pixel 7) okhttp/4.12.0
MyApp on iOS                         | mobile   | iOS/-                  | -                          | MyApp/1.2                     | MyApp/1.2 CFNetwork/1485 Darwin/23.1.0
Expo on iOS                          | mobile   | iOS/-                  | -                          | Expo/1017699                  | Expo/1017699 CFNetwork/1410.0.3 Darwin/22.6.0
My Café on iOS                       | mobile   | iOS/-                  | -                          | My Café/7                     | My%20Caf%C3%A9/7 CFNetwork/1485 Darwin/23.1.0
Things on macOS                      | desktop  | macOS/-                | -                          | Things/31306502               | Things/31306502 CFNetwork/1240.0.4 Darwin/20.6.0 (x86_64)
ChatBot on iOS                       | mobile   | iOS/-                  | -                          | ChatBot/3                     | ChatBot/3 CFNetwork/1485 Darwin/23.1.0
MyApp on iPhone                      | mobile   | iOS/17.1.2             | -                          | MyApp/3.4.1                   | MyApp/3.4.1 (iPhone; iOS 17.1.2; Scale/3.00)
MyApp on iPad                        | tablet   | iOS/16.6               | -                          | MyApp/3.4.1                   | MyApp/3.4.1 (iPad; iOS 16.6; Scale/2.00)
MyApp on iOS                         | mobile   | iOS/17                 | -                          | MyApp/1.0                     | MyApp/1.0 (com.example.myapp; build:12; iOS 17.0.0) Alamofire/5.8.1
MyApp on watchOS                     | wearable | watchOS/10.1.0         | -                          | MyApp/1.0                     | MyApp/1.0 (com.example.myapp; build:12; watchOS 10.1.0) Alamofire/5.8.1
Pixel 8                              | mobile   | Android/14             | -                          | -                             | Dalvik/2.1.0 (Linux; U; Android 14; Pixel 8 Build/UD1A.231105.004)
Samsung SM-A525F                     | mobile   | Android/12             | -                          | -                             | Dalvik/2.1.0 (Linux; U; Android 12; SM-A525F Build/SP1A.210812.016)
XYZ 5                                | mobile   | Android/9              | -                          | -                             | Dalvik/2.1.0 (Linux; U; Android 9; XYZ 5 Build/PPR1)
curl                                 | cli      | -                      | -                          | curl/8.4.0                    | curl/8.4.0
Wget on Linux                        | cli      | Linux/-                | -                          | Wget/1.21.4                   | Wget/1.21.4 (linux-gnu)
Wget                                 | cli      | -                      | -                          | Wget/1.21.4                   | Wget/1.21.4
HTTPie                               | cli      | -                      | -                          | HTTPie/3.2.2                  | HTTPie/3.2.2
Postman                              | cli      | -                      | -                          | Postman/7.36.0                | PostmanRuntime/7.36.0
Insomnia                             | cli      | -                      | -                          | Insomnia/8.4.5                | insomnia/8.4.5
PowerShell on Windows                | cli      | Windows/-              | -                          | PowerShell/5.1.22621.2506     | Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.22621.2506
PowerShell on Windows                | cli      | Windows/-              | -                          | PowerShell/7.4.0              | Mozilla/5.0 (Windows NT 10.0; Microsoft Windows 10.0.22631; en-US) PowerShell/7.4.0
python-requests                      | library  | -                      | -                          | python-requests/2.31.0        | python-requests/2.31.0
Python-urllib                        | library  | -                      | -                          | Python-urllib/3.11            | Python-urllib/3.11
aiohttp                              | library  | -                      | -                          | aiohttp/3.9.1                 | Python/3.11 aiohttp/3.9.1
python-httpx                         | library  | -                      | -                          | python-httpx/0.25.2           | python-httpx/0.25.2
Go-http-client                       | library  | -                      | -                          | Go-http-client/2.0            | Go-http-client/2.0
Java                                 | library  | -                      | -                          | Java/17.0.9                   | Java/17.0.9
Java-http-client                     | library  | -                      | -                          | Java-http-client/21.0.1       | Java-http-client/21.0.1
Apache-HttpClient                    | library  | -                      | -                          | Apache-HttpClient/4.5.14      | Apache-HttpClient/4.5.14 (Java/17.0.9)
axios                                | library  | -                      | -                          | axios/1.6.2                   | axios/1.6.2
node-fetch                           | library  | -                      | -                          | node-fetch/1.0                | node-fetch/1.0 (+https://github.com/bitinn/node-fetch)
node                                 | library  | -                      | -                          | node/-                        | node
undici                               | library  | -                      | -                          | undici/-                      | undici
got                                  | library  | -                      | -                          | got/-                         | got (https://github.com/sindresorhus/got)
Dart                                 | library  | -                      | -                          | Dart/3.2                      | Dart/3.2 (dart:io)
GuzzleHttp                           | library  | -                      | -                          | GuzzleHttp/7                  | GuzzleHttp/7
Ruby                                 | library  | -                      | -                          | Ruby/-                        | Ruby
reqwest                              | library  | -                      | -                          | reqwest/0.11.22               | reqwest/0.11.22
Deno                                 | library  | -                      | -                          | Deno/1.39.1                   | Deno/1.39.1
Bun                                  | library  | -                      | -                          | Bun/1.0.20                    | Bun/1.0.20
libwww-perl                          | library  | -                      | -                          | libwww-perl/6.72              | libwww-perl/6.72
Googlebot                            | bot      | -                      | -                          | Googlebot/2.1                 | Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)
Googlebot                            | bot      | -                      | -                          | Googlebot/2.1                 | Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.6099.109 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)
Googlebot                            | bot      | -                      | -                          | Googlebot/1.0                 | Googlebot-Image/1.0
bingbot                              | bot      | -                      | -                          | bingbot/2.0                   | Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) Chrome/116.0.1938.76 Safari/537.36
GPTBot                               | bot      | -                      | -                          | GPTBot/1.0                    | Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.0; +https://openai.com/gptbot) 
ChatGPT-User                         | bot      | -                      | -                          | ChatGPT-User/1.0              | Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ChatGPT-User/1.0; +https://openai.com/bot) 
ClaudeBot                            | bot      | -                      | -                          | ClaudeBot/1.0                 | Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ClaudeBot/1.0; +claudebot@anthropic.com) 
facebookexternalhit                  | bot      | -                      | -                          | facebookexternalhit/1.1       | facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)
Slackbot                             | bot      | -                      | -                          | Slackbot/1.0                  | Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)
Slack-ImgProxy                       | bot      | -                      | -                          | Slack-ImgProxy/-              | Slack-ImgProxy (+https://api.slack.com/robots)
Twitterbot                           | bot      | -                      | -                          | Twitterbot/1.0                | Twitterbot/1.0
Discordbot                           | bot      | -                      | -                          | Discordbot/2.0                | Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)
TelegramBot                          | bot      | -                      | -                          | TelegramBot/-                 | TelegramBot (like TwitterBot)
WhatsApp                             | bot      | -                      | -                          | WhatsApp/2.23.20.0            | WhatsApp/2.23.20.0 A
LinkedInBot                          | bot      | -                      | -                          | LinkedInBot/1.0               | LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)
Applebot                             | bot      | -                      | -                          | Applebot/0.1                  | Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15 (Applebot/0.1; +http://www.apple.com/go/applebot)
Baiduspider                          | bot      | -                      | -                          | Baiduspider/2.0               | Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)
Yahoo! Slurp                         | bot      | -                      | -                          | Yahoo! Slurp/-                | Mozilla/5.0 (compatible; Yahoo! Slurp; http://help.yahoo.com/help/us/ysearch/slurp)
AhrefsBot                            | bot      | -                      | -                          | AhrefsBot/7.0                 | Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)
HeadlessChrome                       | bot      | -                      | -                          | HeadlessChrome/120.0.6099.109 | Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/120.0.6099.109 Safari/537.36
Chrome-Lighthouse                    | bot      | -                      | -                          | Chrome-Lighthouse/-           | Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119.0.0.0 Mobile Safari/537.36 Chrome-Lighthouse
UptimeRobot                          | bot      | -                      | -                          | UptimeRobot/2.0               | Mozilla/5.0 (compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)
kube-probe                           | bot      | -                      | -                          | kube-probe/1.28               | kube-probe/1.28
Chrome on CUBOT NOTE 20              | mobile   | Android/11             | Chrome/96.0.4664.45        | -                             | Mozilla/5.0 (Linux; Android 11; CUBOT NOTE 20) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/96.0.4664.45 Mobile Safari/537.36
Samsung Internet on Samsung TV       | tv       | Tizen/5.0              | Samsung Internet/2.2       | -                             | Mozilla/5.0 (SMART-TV; Linux; Tizen 5.0) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/2.2 Chrome/63.0.3239.84 TV Safari/537.36
Chrome on LG TV                      | tv       | webOS/-                | Chrome/79.0.3945.79        | -                             | Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/79.0.3945.79 Safari/537.36 WebAppManager
Chrome on Sony BRAVIA 4K UR2         | tv       | Android/9              | Chrome/88.0.4324.152       | -                             | Mozilla/5.0 (Linux; Android 9; BRAVIA 4K UR2 Build/PTT1.190515.001.S104) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/88.0.4324.152 Safari/537.36
Chrome on Chromecast                 | tv       | Chromecast/1.56.500000 | Chrome/90.0.4430.225       | -                             | Mozilla/5.0 (X11; Linux armv7l) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/90.0.4430.225 Safari/537.36 CrKey/1.56.500000 DeviceType/Chromecast
AppleCoreMedia on Apple TV           | tv       | iOS/16.1               | -                          | AppleCoreMedia/1.0.0.20K71    | AppleCoreMedia/1.0.0.20K71 (Apple TV; U; CPU OS 16_1 like Mac OS X; en_us)
Safari on PlayStation 5              | console  | PlayStation/5          | Safari/13.0                | -                             | Mozilla/5.0 (PlayStation; PlayStation 5/2.26) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.0 Safari/605.1.15
PlayStation 4                        | console  | PlayStation/4          | -                          | -                             | Mozilla/5.0 (PlayStation 4 9.00) AppleWebKit/605.1.15 (KHTML, like Gecko)
Edge on Xbox One                     | console  | Xbox/-                 | Edge/120                   | -                             | Mozilla/5.0 (Windows NT 10.0; Win64; x64; Xbox; Xbox One) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36 Edg/120.0.0.0
Nintendo Switch                      | console  | Nintendo/-             | -                          | -                             | Mozilla/5.0 (Nintendo Switch; WebApplet) AppleWebKit/609.4 (KHTML, like Gecko) NF/6.0.2.21.3 NintendoBrowser/5.1.0.22474
Oculus Browser on Quest 3            | xr       | Linux/-                | Oculus Browser/31.0.0.4.34 | -                             | Mozilla/5.0 (X11; Linux x86_64; Quest 3) AppleWebKit/537.36 (KHTML, like Gecko) OculusBrowser/31.0.0.4.34 SamsungBrowser/4.0 Chrome/120.0.6099.210 VR Safari/537.36
Pico Browser on A8110                | xr       | Android/10             | Pico Browser/3.3.22        | -                             | Mozilla/5.0 (Linux; Android 10; A8110 Build/QKQ1.200114.002) AppleWebKit/537.36 (KHTML, like Gecko) PicoBrowser/3.3.22 Chrome/105.0.5195.68 VR Safari/537.36 OculusBrowser/7.0
Tesla on Linux                       | embedded | Linux/-                | Tesla/2021.44.25.2-abcdef  | -                             | Mozilla/5.0 (X11; GNU/Linux) AppleWebKit/537.36 (KHTML, like Gecko) Chromium/79.0.3945.130 Chrome/79.0.3945.130 Safari/537.36 Tesla/2021.44.25.2-abcdef
Firefox on Nokia 8110 4G             | mobile   | KaiOS/2.5              | Firefox/48.0               | -                             | Mozilla/5.0 (Mobile; Nokia_8110_4G; rv:48.0) Gecko/48.0 Firefox/48.0 KAIOS/2.5
MyApp on visionOS                    | xr       | visionOS/1             | -                          | MyApp/1.0                     | MyApp/1.0 (com.example.myapp; build:12; visionOS 1.0.0) Alamofire/5.8.1
Samsung Internet on Samsung SM-R890  | wearable | Android/11             | Samsung Internet/18.1      | -                             | Mozilla/5.0 (Linux; Android 11; SM-R890) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/18.1 Chrome/99.0.4844.88 Mobile Safari/537.36
`;

describe('a user agent is read', () => {
  const rows = userAgents
    .trim()
    .split('\n')
    .map((row) => row.split(' | ').map((cell) => cell.trim()))
    .map(([name, type, os, browser, app, userAgent]) => [name, userAgent, { name, type, os, browser, app }] as const);

  test.each(rows)('as "%s" from %s', (_, userAgent, expected) => {
    const device = read(userAgent ?? null);
    expect({
      name: device.name,
      type: device.type ?? '-',
      os: written(device.os),
      browser: written(device.browser),
      app: written(device.app),
    }).toEqual(expected);
  });

  test.each([
    [iphone, 'Apple', 'iPhone'],
    [mac, 'Apple', null],
    [windows, null, null],
    [android, null, null],
    [
      'Mozilla/5.0 (Linux; Android 13; SAMSUNG SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/23.0 Chrome/115.0.0.0 Mobile Safari/537.36',
      'Samsung',
      'SM-S918B',
    ],
    [
      'Mozilla/5.0 (Linux; Android 13; Pixel 7 Pro) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.5735.196 Mobile Safari/537.36',
      'Google',
      'Pixel 7 Pro',
    ],
    [
      'Mozilla/5.0 (X11; Linux x86_64; Quest 3) AppleWebKit/537.36 (KHTML, like Gecko) OculusBrowser/31.0.0.4.34 SamsungBrowser/4.0 Chrome/120.0.6099.210 VR Safari/537.36',
      'Meta',
      'Quest 3',
    ],
    [
      'Mozilla/5.0 (PlayStation; PlayStation 5/2.26) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.0 Safari/605.1.15',
      'Sony',
      'PlayStation 5',
    ],
    ['MyApp/3.4.1 (iPhone15,2; iOS 17.1.2; Scale/3.00)', 'Apple', 'iPhone15,2'],
    ['Dalvik/2.1.0 (Linux; U; Android 9; XYZ 5 Build/PPR1)', null, 'XYZ 5'],
    ['MyApp/1.2 CFNetwork/1485 Darwin/23.1.0', 'Apple', null],
    [
      'Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.6099.109 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
      null,
      null,
    ],
  ])('for its maker and model: %s', (userAgent, vendor, model) => {
    expect(read(userAgent)).toMatchObject({ vendor, model });
  });

  it('names an iPhone, not its part number', () => {
    expect(read('MyApp/3.4.1 (iPhone15,2; iOS 17.1.2; Scale/3.00)').name).toBe('MyApp on iPhone');
  });

  test.each([null, '', '  \n\t', '\u0000\u0001', '(((((', '/', '//', 'Mozilla/5.0'])(
    'as nothing known: %j',
    (userAgent) => {
      expect(read(userAgent)).toEqual(nothing);
    },
  );
});

describe('client hints say what a frozen user agent does not', () => {
  const chrome = '"Not_A Brand";v="8", "Chromium";v="120", "Google Chrome";v="120"';

  test.each([
    ['"13.0.0"', 'Chrome on Windows 11', '11'],
    ['"15.0.0"', 'Chrome on Windows 11', '11'],
    ['"19.0.0"', 'Chrome on Windows 11', '11'],
    ['"10.0.0"', 'Chrome on Windows 10', '10'],
    ['"1.0.0"', 'Chrome on Windows 10', '10'],
    ['"0.1.0"', 'Chrome on Windows', null],
    ['"12.0.0"', 'Chrome on Windows', null],
    ['"eleven"', 'Chrome on Windows', null],
    ['""', 'Chrome on Windows', null],
    [null, 'Chrome on Windows', null],
  ])('Windows of platform version %s is "%s"', (platformVersion, name, version) => {
    const device = read(windows, { platform: '"Windows"', platformVersion, brands: chrome, mobile: '?0', model: '""' });
    expect(device).toMatchObject({ type: 'desktop', name, os: { name: 'Windows', version } });
  });

  test.each<[string, string, Partial<ClientHints>, Partial<Device>]>([
    [
      'macOS',
      mac,
      { platform: '"macOS"', platformVersion: '"14.2.1"' },
      { type: 'desktop', name: 'Chrome on macOS', os: { name: 'macOS', version: '14.2.1' } },
    ],
    [
      'macOS of a whole version',
      mac,
      { platform: '"macOS"', platformVersion: '"15.0.0"' },
      { type: 'desktop', name: 'Chrome on macOS', os: { name: 'macOS', version: '15' } },
    ],
    [
      'Linux',
      linux,
      { platform: '"Linux"', platformVersion: '"6.5.0"' },
      { type: 'desktop', name: 'Chrome on Linux', os: { name: 'Linux', version: '6.5.0' } },
    ],
    [
      'ChromeOS',
      linux,
      { platform: '"Chrome OS"', platformVersion: '"15662.64.0"' },
      { type: 'desktop', name: 'Chrome on ChromeOS', os: { name: 'ChromeOS', version: '15662.64.0' } },
    ],
    [
      'a Pixel',
      android,
      { platform: '"Android"', platformVersion: '"14.0.0"', model: '"Pixel 8"', mobile: '?1' },
      {
        type: 'mobile',
        name: 'Chrome on Pixel 8',
        vendor: 'Google',
        model: 'Pixel 8',
        os: { name: 'Android', version: '14' },
      },
    ],
    [
      'a Galaxy',
      android,
      { platform: '"Android"', platformVersion: '"13.0.0"', model: '"SM-S918B"', mobile: '?1' },
      {
        type: 'mobile',
        name: 'Chrome on Samsung SM-S918B',
        vendor: 'Samsung',
        model: 'SM-S918B',
        os: { name: 'Android', version: '13' },
      },
    ],
    [
      'a tablet',
      androidTablet,
      { platform: '"Android"', platformVersion: '"14.0.0"', model: '"Pixel Tablet"', mobile: '?0' },
      { type: 'tablet', name: 'Chrome on Pixel Tablet', vendor: 'Google', model: 'Pixel Tablet' },
    ],
    [
      'a telephone without a model',
      android,
      { platform: '"Android"', mobile: '?1' },
      { type: 'mobile', name: 'Chrome on Android', vendor: null, model: null, os: { name: 'Android', version: null } },
    ],
    [
      'Android that asks for the desktop site',
      linux,
      { platform: '"Android"', platformVersion: '"14.0.0"', model: '"Pixel 8"', mobile: '?0' },
      { type: 'mobile', name: 'Chrome on Pixel 8', vendor: 'Google', os: { name: 'Android', version: '14' } },
    ],
    ['an unknown platform', windows, { platform: '"Unknown"' }, { type: 'desktop', name: 'Chrome on Windows' }],
    [
      'a telephone whose user agent does not come',
      '',
      { platform: '"Android"', mobile: '?1', brands: chrome, model: '"Pixel 8"' },
      { type: 'mobile', name: 'Chrome on Pixel 8' },
    ],
    [
      'an unquoted platform',
      '',
      { platform: 'Windows', platformVersion: '15.0.0', brands: chrome },
      { type: 'desktop', name: 'Chrome on Windows 11' },
    ],
    [
      'half a quoted platform',
      '',
      { platform: '"Windows', platformVersion: '15.0.0"' },
      { type: 'desktop', name: 'Windows 11' },
    ],
  ])('about %s', (_, userAgent, hints, expected) => {
    expect(read(userAgent, hints)).toMatchObject(expected);
  });

  test.each([
    ['Chrome/120', chrome],
    ['Chrome/120', '"Google Chrome";v="120", "Chromium";v="120", "Not?A_Brand";v="24"'],
    ['Chromium/120', '"Not_A Brand";v="8", "Chromium";v="120"'],
    ['Edge/120', '"Not_A Brand";v="8", "Chromium";v="120", "Microsoft Edge";v="120"'],
    ['Brave/120', '"Not_A Brand";v="8", "Chromium";v="120", "Brave";v="120"'],
    ['Opera/105', '"Opera";v="105", "Chromium";v="119", "Not?A_Brand";v="24"'],
    ['Opera GX/105', '"Opera GX";v="105", "Chromium";v="119", "Not?A_Brand";v="24"'],
    ['Vivaldi/6.5', '"Vivaldi";v="6.5", "Chromium";v="120", "Not)A;Brand";v="99"'],
    ['Yandex/23.11', '"Chromium";v="118", "YaBrowser";v="23.11", "Not=A?Brand";v="99"'],
    ['Samsung Internet/23.0', '"Not/A)Brand";v="99", "Samsung Internet";v="23.0", "Chromium";v="115"'],
    ['DuckDuckGo/120', '"Not A(Brand";v="99", "Chromium";v="120", "Google Chrome";v="120", "DuckDuckGo";v="120"'],
    ['Brave/120', '"\\\\Not\\"A;Brand";v="99" , "Brave" ; v="120"'],
    ['Brave/120', '" Not;A Brand";v="99", "(Not(A:Brand";v="8", "Not.A/Brand";v="8", "Brave";v="120"'],
    ['Chrome/120', '"Not)A;Brand";v="99"'],
    ['Chrome/120', ''],
    ['Chrome/120', '"Brave'],
    ['Chrome/120', ';;;,,,"";v=""'],
  ])('the browser is %s by the brands %s', (browser, brands) => {
    expect(written(read(windows, { brands, platform: '"Windows"', mobile: '?0' }).browser)).toBe(browser);
  });

  it('keeps the browser of a user agent that says more than its brands', () => {
    const webView = '"Android WebView";v="119", "Chromium";v="119", "Not?A_Brand";v="24"';
    const facebook =
      'Mozilla/5.0 (Linux; Android 13; SM-G991B Build/TP1A.220624.014; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/119.0.6045.163 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/441.0.0.23.106;]';
    expect(written(read(facebook, { brands: webView }).browser)).toBe('Facebook/441.0.0.23.106');
    expect(written(read(android, { brands: webView }).browser)).toBe('Chrome WebView/119');
    expect(read(`${windows} Vivaldi/6.5.3206.50`, { brands: chrome }).name).toBe('Vivaldi on Windows');
    const notion =
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Notion/3.1.0 Chrome/118.0.5993.159 Electron/27.2.0 Safari/537.36';
    const hints = {
      platform: '"Windows"',
      platformVersion: '"15.0.0"',
      brands: '"Not=A?Brand";v="99", "Chromium";v="118"',
    };
    expect(read(notion, hints).name).toBe('Notion on Windows 11');
  });
});

describe('what the client says of itself wins', () => {
  test.each<[string, DeviceInput, string]>([
    [iphone, { app: 'Telegram', appVersion: '10.1' }, 'Telegram 10.1 on iPhone'],
    [iphone, { app: 'Telegram', appVersion: '10.1', model: 'iPhone 15 Pro' }, 'Telegram 10.1 on iPhone 15 Pro'],
    [iphone, { model: 'iPhone 15 Pro' }, 'Safari on iPhone 15 Pro'],
    ['okhttp/4.12.0', { app: 'Notes' }, 'Notes on Android'],
    ['okhttp/4.12.0', { app: 'Notes', model: 'Pixel 8' }, 'Notes on Pixel 8'],
    ['MyApp/42 CFNetwork/1485 Darwin/23.1.0', { appVersion: '1.2' }, 'MyApp 1.2 on iOS'],
    ['', { app: 'Notes' }, 'Notes'],
    ['', { app: 'Code' }, 'Code'],
    ['', { model: 'Toaster' }, 'Toaster'],
    ['curl/8.4.0', { app: 'deploy', appVersion: '3' }, 'deploy 3'],
    [iphone, { name: "Ada's phone" }, "Ada's phone"],
    [iphone, { name: '  Ada’s 📱 🏳️‍🌈 ', app: 'Telegram' }, 'Ada’s 📱 🏳️‍🌈'],
    [iphone, { name: 'Ada\r\nis\u202e here\u0007\u2028now' }, 'Ada is here now'],
    [iphone, { name: ' \u202e\n\u0000', app: '', model: '\t', appVersion: '\u200b' }, 'Safari on iPhone'],
  ])('%s with %j is "%s"', (userAgent, input, name) => {
    expect(read(userAgent, null, input).name).toBe(name);
  });

  it('for the model, and the name and version of the app', () => {
    const device = read(iphone, null, { model: 'iPhone 15', app: 'Notes', appVersion: '2.0.0' });
    expect(device).toMatchObject({ type: 'mobile', vendor: 'Apple', model: 'iPhone 15' });
    expect(device.app).toEqual({ name: 'Notes', version: '2.0.0' });
    expect(written(device.browser)).toBe('Safari/17.1.2');
  });

  it('but the version of another app is not taken for its own', () => {
    const ua = 'MyApp/42 CFNetwork/1485 Darwin/23.1.0';
    expect(written(read(ua, null, { app: 'Notes' }).app)).toBe('Notes/-');
    expect(written(read(ua, null, { app: 'MyApp' }).app)).toBe('MyApp/42');
  });

  it('and is cut, never within a character', () => {
    const { name } = read(iphone, null, { name: `${'x'.repeat(63)}😀` });
    expect(name).toBe('x'.repeat(63));
  });
});

describe('a hostile caller is read too', () => {
  const unseen = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;

  const isPlain = (text: string): boolean =>
    text !== '' && text === text.trim() && text.length <= 64 && !unseen.test(text);

  function expectPlain(device: Device): void {
    const { type, name, vendor, model, os, browser, app } = device;
    const texts = [type, name, vendor, model, ...[os, browser, app].flatMap((part) => [part.name, part.version])];
    expect(texts.filter((text) => text !== null && !isPlain(text))).toEqual([]);
    expect([device, os, browser, app].every(Object.isFrozen)).toBe(true);
  }

  test.each([
    ['64 KiB of one letter', 'A'.repeat(65_536)],
    ['64 KiB that begin as a browser', windows + ' x/1'.repeat(16_384)],
    ['64 KiB of what Android telephones write', 'Mozilla/5.0 (Linux; Android 10; '.padEnd(65_536, 'droid ; a bui; ')],
    ['64 KiB of open brackets', 'like Gecko) ('.repeat(5_000)],
    ['64 KiB of robots', 'bot-bot.bot,'.repeat(5_000)],
    ['64 KiB of spaces and then a browser', `${' '.repeat(65_536)}${windows}`],
    ['a name of 1 KiB', `${'n'.repeat(1024)}/1.0`],
    ['control characters', `curl\u0000\u001b[31m/8.4.0\r\nSet-Cookie: a=b\u0007`],
    ['bidi overrides', 'My\u202eppA/1.0 (\u2066iPhone; iOS 17.1)'],
    ['encoded control characters', 'My%0D%0A%E2%80%AEApp/1.0 CFNetwork/1485 Darwin/23.1.0'],
    ['a broken encoding', '100%/7 CFNetwork/1485 Darwin/23.1.0'],
    ['lone surrogates', 'My\ud800App\udfff/1.0'],
    ['half a character at the limit', `${'x'.repeat(511)}😀`],
    ['__proto__', '__proto__/1.0'],
    ['constructor', 'constructor/toString (hasOwnProperty; valueOf)'],
    ['markup', '<img src=x onerror=alert(1)>/1.0'],
    ['other scripts', '微信/8.0.44 (iPhone; iOS 17.1; Scale/3.00)'],
    ['a replacement pattern', "$&$1$`$'/1.0 (Linux; Android 10; K) $<x>"],
  ])('with %s', (_, text) => {
    expectPlain(read(text));
    expectPlain(read(text, { brands: text, mobile: text, platform: text, platformVersion: text, model: text }));
    expectPlain(read(windows, { brands: `"${text}";v="${text}"`, platform: `"${text}"`, model: `"${text}"` }));
    expectPlain(read(android, { platform: '"Android"', platformVersion: text, model: text }));
    expectPlain(read(android, null, { name: text, model: text, app: text, appVersion: text }));
  });

  it('only as far as 512 characters of the user agent', () => {
    expect(read(`${'x '.repeat(255)}curl/8.4.0`)).toEqual(read('x '.repeat(255)));
    expect(read(windows.padEnd(600) + 'Edg/120.0.0.0').name).toBe('Chrome on Windows');
  });

  it('in no more than a few milliseconds, whatever it repeats', () => {
    const parts = [
      'droid ; a',
      ' bui',
      'naver(1.',
      '; ',
      'like Gecko) a/',
      'Electron/',
      '"',
      'bot,',
      'CFNetwork/(',
      '.0',
      ' ',
    ];
    const texts = parts.flatMap((one) => parts.map((other) => `${one}${other}`.repeat(4096)));
    const start = performance.now();
    for (const text of texts) read(text, { brands: text, platformVersion: text }, { name: text });
    expect((performance.now() - start) / texts.length).toBeLessThan(20);
  });

  it('with any texts at all: no throw, nothing long, nothing unseen', () => {
    const telling = [
      'Mozilla/5.0 (',
      'Android 10; K)',
      'iPhone; iOS 17',
      'Chrome/',
      'Electron/',
      'like Gecko) ',
      'okhttp/',
      'CFNetwork/',
      'bot/',
    ];
    const odd = [
      '%E2%80%AE',
      '\u202e',
      '\ud83d',
      '\n',
      '"',
      '\\',
      ';v="',
      '__proto__',
      'constructor',
      'toString',
      ' ',
      'Windows',
      '?1',
      '0.0.0',
      '; ',
    ];
    const pieces = fc.constantFrom(...telling, ...odd);
    const graphemes = fc.constantFrom(
      'e\u0301',
      'ﬃ',
      '👩‍👩‍👧',
      '🇳🇿',
      '\u0915\u094d\u0937\u093f',
      '\u200f\u05d0',
      'i\u0307',
      'ß',
    );
    // Not the unit 'binary', which makes a table of all characters first.
    const character = fc
      .integer({ min: 0, max: 0x10_ff_ff - 0x8_00 })
      .map((code) => String.fromCodePoint(code < 0xd8_00 ? code : code + 0x8_00));
    const text = fc.oneof(
      fc.string({ unit: character, maxLength: 600 }),
      fc.array(graphemes, { maxLength: 100 }).map((all) => all.join('')),
      fc
        .array(fc.oneof(pieces, fc.string({ unit: character, maxLength: 5 })), { maxLength: 40 })
        .map((all) => all.join('')),
    );
    const hint = fc.option(text);
    const said = fc.option(text, { nil: undefined });
    fc.assert(
      fc.property(
        hint,
        fc.option(fc.record({ brands: hint, mobile: hint, platform: hint, platformVersion: hint, model: hint })),
        fc.record({ name: said, model: said, app: said, appVersion: said }),
        (userAgent, clientHints, input) => {
          expectPlain(readDevice({ userAgent, clientHints }));
          expectPlain(readDevice({ userAgent, clientHints }, input));
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('a kind of device', () => {
  it('is parsed once, and shared', () => {
    expect(read(windows)).toBe(read(windows));
    expect(read(windows, { mobile: '?0' })).toBe(read(windows, { mobile: '?0' }));
    expect(read(windows, null, { name: undefined })).toBe(read(windows));
  });

  it('is told apart by every hint', () => {
    expect(read(windows, { platform: '"Windows"', platformVersion: '"10.0.0"' }).os.version).toBe('10');
    expect(read(windows, { platform: '"Windows"', platformVersion: '"13.0.0"' }).os.version).toBe('11');
    expect(read(windows).os.version).toBeNull();
  });

  it('is not changed by what one client says of itself', () => {
    read(windows, null, { name: 'Mine', app: 'Notes', model: 'Laptop' });
    expect(read(windows)).toMatchObject({ name: 'Chrome on Windows', model: null, app: { name: null, version: null } });
  });

  it('survives JSON as it is', () => {
    const device = read(iphone, null, { app: 'Notes' });
    expect(JSON.parse(JSON.stringify(device))).toEqual(device);
  });
});
