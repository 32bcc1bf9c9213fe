const bots = [
  'APIs-Google|FeedFetcher-Google|Google-InspectionTool|Google-Read-Aloud|GoogleImageProxy|GoogleOther',
  'Mediapartners-Google|Chrome-Lighthouse|HeadlessChrome|PhantomJS|BingPreview|Yahoo! Slurp|ia_archiver|Scrapy',
  'anthropic-ai|ChatGPT-User|Claude-User|Claude-Web|cohere-ai|MistralAI-User|Perplexity-User',
  'facebookcatalog|facebookexternalhit|meta-externalagent|meta-externalfetcher|SkypeUriPreview|Slack-ImgProxy|WhatsApp',
  'Datadog/Synthetics|ELB-HealthChecker|GoogleHC|kube-probe|Prometheus|StatusCake',
].join('|');

const tools = [
  'curl|Wget2?|HTTPie|xh|PostmanRuntime|insomnia|bruno-runtime|Thunder Client|vscode-restclient',
  'WindowsPowerShell|PowerShell|ApacheBench|k6|aws-cli|git|lwp-request',
].join('|');

const libraries = [
  'axios|got|node-fetch|node-superagent|undici|node|Node\\.js|Bun|Deno',
  'python-requests|Python-urllib|python-urllib3|python-httpx|aiohttp|Python',
  'Java|Java-http-client|Apache-HttpClient|Apache-HttpAsyncClient|ReactorNetty|Jetty|Ktor client',
  'Go-http-client|go-resty|reqwest|ureq|hyper|Dart|RestSharp|GuzzleHttp|Symfony HttpClient|PHP',
  'Ruby|Faraday|http\\.rb|Typhoeus|libwww-perl|hackney',
].join('|');

const version = String.raw`(?![\w-])(?:[/ ]v?(\d[\w.]*))?`;

/** The programs that are no browsers, which ua-parser-js does not know: name and version, by the first that matches. */
export const programs: readonly (readonly [type: 'bot' | 'cli' | 'library', pattern: RegExp])[] = [
  ['bot', new RegExp(String.raw`(?:^|[\s(;,])(${bots})${version}`, 'i')],
  // Most bots say so in their name; but there are apps to chat with bots, and telephones by Cubot.
  [
    'bot',
    /(?:^|[\s(;,])([\w.-]*(?:(?<!cu)bot|crawler|spider))(?![a-z])(?:[\w-]*[/ ]v?(\d[\w.]*))?(?!.*(?:CFNetwork|Electron|okhttp)\/)/i,
  ],
  ['cli', new RegExp(String.raw`^(?:Mozilla/.* )?(${tools})${version}`, 'i')],
  ['library', new RegExp(String.raw`^(?:Python/\S+ )?(${libraries})${version}`, 'i')],
];

/** Names as people know them, where user agents, client hints and ua-parser-js spell them otherwise. */
export const spellings: ReadonlyMap<string, string> = new Map([
  ['Android WebView', 'Chrome WebView'],
  ['Chrome OS', 'ChromeOS'],
  ['Chromium OS', 'ChromeOS'],
  ['Code', 'Visual Studio Code'],
  ['discord', 'Discord'],
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
]);
