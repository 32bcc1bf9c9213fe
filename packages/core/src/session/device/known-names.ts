const bots = [
  'APIs-Google|FeedFetcher-Google|Google-InspectionTool|Google-Read-Aloud|GoogleImageProxy|GoogleOther',
  'Mediapartners-Google|Chrome-Lighthouse|HeadlessChrome|PhantomJS|BingPreview|Yahoo! Slurp|ia_archiver|Scrapy',
  'anthropic-ai|ChatGPT-User|Claude-User|Claude-Web|cohere-ai|MistralAI-User|Perplexity-User',
  'facebookcatalog|facebookexternalhit|meta-externalagent|meta-externalfetcher|SkypeUriPreview|Slack-ImgProxy',
  'Datadog/Synthetics|ELB-HealthChecker|GoogleHC|kube-probe|NewRelicPinger|Prometheus|PTST|StatusCake|W3C_Validator',
].join('|');

const tools = [
  'curl|Wget2?|HTTPie|xh|PostmanRuntime|insomnia|bruno-runtime|Thunder Client|vscode-restclient',
  'WindowsPowerShell|PowerShell|ApacheBench|k6|hey|aws-cli|Azure CLI|Boto3|Terraform|kubectl|docker|git|git-lfs|GitHub CLI|lwp-request',
  'npm|yarn|pnpm',
].join('|');

const libraries = [
  'axios|got|superagent|libcurl|node-fetch|node-superagent|undici|node|Node\\.js|Bun|Deno',
  'python-requests|Python-urllib|python-urllib3|python-httpx|aiohttp|Python',
  'Java|Java-http-client|Apache-HttpClient|Apache-HttpAsyncClient|Jakarta Commons-HttpClient|feign|Unirest-Java|ReactorNetty|Jetty|Ktor client',
  'Go-http-client|go-resty|reqwest|ureq|hyper|Dart|RestSharp|GuzzleHttp|Symfony HttpClient|PHP',
  'Ruby|Faraday|http\\.rb|Typhoeus|libwww-perl|hackney|ktor-client|Ktor',
].join('|');

const version = String.raw`(?![\w-])(?:[/ ]v?(\d[\w.]*))?`;

/** Programs that are no browsers and unknown to ua-parser-js: name and version, by the first that matches. */
export const programs: readonly (readonly [type: 'bot' | 'cli' | 'library', pattern: RegExp])[] = [
  ['bot', new RegExp(String.raw`(?:^|[\s(;,])(?<!like )(${bots})${version}`, 'i')],
  // The servers of WhatsApp, which preview links. Its apps have an engine.
  ['bot', /^(WhatsApp)\/([\d.]+)(?: [A-Z])?$/i],
  // Nothing that a browser writes: "Mozilla/5.0 zgrab/0.x".
  ['bot', /^Mozilla\/5\.0 ([a-z][\w.-]*)\/(\w[\w.]*)$/i],
  // Most bots say so in their name; but there are apps to chat with bots, and telephones by Cubot.
  [
    'bot',
    /(?:^|[\s(;,])((?:(?<![\w.])[\w.!-]+ (?:[\w.!-]+ ){0,2}(?=(?:bot|crawler|spider)\b))?[\w.-]*(?:(?<!cu)bot|crawler|spider))(?![a-z])(?:[\w-]*[/ ]v?(\d[\w.]*))?(?!.*(?:CFNetwork|Electron|okhttp)\/)/i,
  ],
  ['cli', new RegExp(String.raw`^(?:Mozilla/\S+ \([^()]*\) )?(${tools})${version}`, 'i')],
  ['library', new RegExp(String.raw`^(?:Python/\S+ )?(${libraries})${version}`, 'i')],
  // A word alone that names a client or an HTTP library: there is nothing else to show.
  [
    'library',
    /^([a-z][\w.]*[-_](?:client|http|sdk|api|fetch|agent)|\w*http\w*(?!\/)|(?!ok)\w*http\w*)(?:\/v?(\d[\w.]*))?$/i,
  ],
  // A program that leaves the address of its page for webmasters (RFC 9110 §10.1.5 calls it a product comment).
  ['bot', /^Mozilla\/[45]\.0 \(compatible; (?!Konqueror)([^\s/;()]+)\/(\d[\w.]*)[^()]*\)$/],
  ['bot', /[(;] ?compatible; ([^\s/;()]+)(?:\/v?(\d[\w.]*))?[^()]*https?:\/\//i],
  ['bot', /^(?!Mozilla\/)([\w.-]+)(?:\/v?(\d[\w.]*))? \([^()]*\+https?:\/\//i],
];

/** Apps that run on macOS only, which write no system. */
export const macApps: RegExp =
  /^(?:AddressBook\w*|Automator|CalendarAgent|com\.apple\.\w*mac\w*|Finder|Font%20Book|iBooksX|iMovie|iTunes|Keychain\w*|Mail|MailService|Pages%20Creator|Preview|QuickLook\w*|Safari|Script%20Editor|softwareupdated?|System%20\w+|TextEdit|Terminal|Xcode|Transmit|Sketch|Tower|BBEdit|NetNewsWire%20for%20Mac|Alfred\w*|iTerm\w*|Homebrew)\//;

/** The makers of televisions, by the words that each writes. */
export const televisionMakers: readonly (readonly [maker: string, pattern: RegExp])[] = [
  ['Samsung', /\bSamsung|\bTizen\b/i],
  ['Vizio', /\bVIZIO\b/i],
  ['LG', /\bwebOS\b|\bLG-?TV\b|\bModel\/LG\b|\bWeb0S\b|\bLGE\b|\bLG Browser\b|\bNetCast\b|\bwebOS\.?TV\b/i],
  ['Sony', /\bBRAVIA\b|\bSony\b/i],
  ['Amazon', /\bAFT[A-Z]/],
  ['Roku', /\bRoku/],
  ['Apple', /\bApple ?TV\d*\b|\btvOS\b/i],
  ['Hisense', /\bVIDAA\b|\bHisense\b/i],
  ['Panasonic', /\bViera\b|\bPanasonic\b/i],
  ['Philips', /\bPhilips/i],
  ['Xiaomi', /\bMiTV|\bMIBOX/i],
  ['Google', /\bChromecast\b|\bCrKey\b|\bGoogleTV\b/i],
];

/** Products that are parts of a browser, or say something beside it, and name no app. */
export const noApps: RegExp =
  /^(?:LGE|BytedanceWebview|FBAN|FBAV|WPE|JsSdk|WebView|NX|OMI|Model|ArkWeb|PhilipsTV|NETTV|WhaleTV|Goanna|Crosswalk|EdgA|EdgW|KAIOS|Mozilla|AppleWebKit|WebKit|KHTML|Gecko|Version|Mobile|Tablet|Safari|Chrome|Chr0me|Chromium|HeadlessChrome|Firefox|Electron|CriOS|FxiOS|EdgiOS|wv|Build|TV|VR|QtWebEngine|WebAppManager|DeviceType|CrKey|Ubuntu|Debian|Fedora|Raspbian|CentOS|Kubuntu|Linux|Windows|NetType|Language|ABI|Config|Herring|GLS|AtContent|Viewer|Unique|Agency|Trailer|ADG|Sonic|\w+_SSB|Core|Profile|Configuration|NF|NintendoBrowser|LibVLC|Dalvik|CFNetwork|Darwin|Android|iOS|iPhone|Like|webOS\.TV-\d+|SmartTV|Large|Screen|Compatible|U|rv|OS|X|Presto|Trident|Edge|Edg|OPR)$/i;

/** Apps that write their name into a comment. */
export const appsInComments: RegExp =
  /\bValve (Steam)\b|\b(QtCarBrowser|ZOOM(?=\.(?:Mac|Win)))\b|\b(Microsoft (?:Outlook|Word|Excel|PowerPoint|OneNote)) (\d[\d.]*)/;

/** Names as people know them, where user agents, client hints and ua-parser-js spell them otherwise. */
export const spellings: ReadonlyMap<string, string> = new Map([
  ['Android WebView', 'Chrome WebView'],
  ['Barcelona', 'Threads'],
  ['Chrome OS', 'ChromeOS'],
  ['Chromium OS', 'ChromeOS'],
  ['Code', 'Visual Studio Code'],
  ['TeamsMobile', 'Teams'],
  ['Samsung Browser', 'Samsung Internet'],
  ['discord', 'Discord'],
  ['KAKAOTALK', 'KakaoTalk'],
  ['Line', 'LINE'],
  ['Mac OS X', 'macOS'],
  ['Microsoft Edge WebView2', 'Edge WebView'],
  ['OneOutlook', 'Outlook'],
  ['QtCarBrowser', 'Tesla'],
  ['ubuntu', 'Ubuntu'],
  ['weibo', 'Weibo'],
  ['WiiU', 'Wii U'],
  ['Google Chrome', 'Chrome'],
  ['GSA', 'Google app'],
  ['IE', 'Internet Explorer'],
  ['insomnia', 'Insomnia'],
  ['KAIOS', 'KaiOS'],
  ['linux', 'Linux'],
  ['Mac OS', 'macOS'],
  ['Microsoft Edge', 'Edge'],
  ['Mobile Safari', 'Safari'],
  ['PostmanRuntime', 'Postman'],
  ['Switch', 'Nintendo Switch'],
  ['WindowsPowerShell', 'PowerShell'],
  ['YaBrowser', 'Yandex'],
  ['ZOOM', 'Zoom'],
]);
