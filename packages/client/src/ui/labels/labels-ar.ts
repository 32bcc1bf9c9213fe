import type { SessionsLabels } from './labels.ts';

/** The texts in Arabic, for pages from right to left. */
export const labelsAr: SessionsLabels = {
  language: 'ar',
  direction: 'rtl',

  title: 'الجلسات النشطة',
  description: 'الأجهزة التي سُجّل الدخول منها إلى حسابك. سجّل خروج أي جهاز لا تعرفه.',
  thisDevice: 'هذا الجهاز',
  otherDevices: 'الأجهزة الأخرى',
  unknownDevice: 'جهاز غير معروف',
  activeNow: 'نشط الآن',
  isNew: 'جديد',
  noOthers: 'لا توجد أجهزة أخرى',
  noOthersHint: 'أنت مسجّل الدخول من هذا الجهاز فقط.',
  signedOut: 'تم تسجيل خروجك.',

  loading: 'جارٍ تحميل جلساتك…',
  pending: 'لحظة من فضلك…',
  slow: 'يستغرق هذا وقتًا أطول من المعتاد. يُرجى الانتظار.',
  offline: 'أنت غير متصل بالإنترنت. قد لا تكون القائمة محدّثة.',
  failed: 'تعذّر تحميل جلساتك.',
  outdated: 'قد لا تكون القائمة محدّثة.',
  actionFailed: 'لم تنجح العملية. يُرجى المحاولة مرة أخرى.',
  signInAgain: 'يُرجى تسجيل الدخول مرة أخرى لتنفيذ ذلك.',
  retry: 'إعادة المحاولة',

  signOut: 'تسجيل الخروج',
  signOutOf: (device) => `تسجيل الخروج من ${device}`,
  signOutOthers: 'تسجيل الخروج من كل الأجهزة الأخرى',
  signOutThis: 'تسجيل الخروج من هذا الجهاز',
  notMe: 'لم أكن أنا',
  select: 'تحديد',
  selectAll: 'تحديد الكل',
  signOutSelected: (count) => `تسجيل الخروج (${inArabic(count)})`,
  cancel: 'إلغاء',
  close: 'إغلاق',

  askOne: (device) => `تسجيل الخروج من ${device}؟`,
  askOneHint: 'سيحتاج الجهاز إلى تسجيل الدخول مرة أخرى لاستخدام حسابك.',
  askMany: (count) => `تسجيل الخروج من الأجهزة المحددة (${inArabic(count)})؟`,
  askManyHint: 'ستحتاج هذه الأجهزة إلى تسجيل الدخول مرة أخرى لاستخدام حسابك.',
  askOthers: 'تسجيل الخروج من كل الأجهزة الأخرى؟',
  askOthersHint: (count) => `عدد الجلسات التي ستنتهي: ${inArabic(count)}. ستبقى مسجّل الدخول من هذا الجهاز.`,
  askThis: 'تسجيل الخروج من هذا الجهاز؟',
  askThisHint: 'ستحتاج إلى تسجيل الدخول مرة أخرى لرؤية هذه الصفحة.',
  askNotMe: (device) => `ألم تسجّل الدخول من ${device}؟`,
  askNotMeHint: 'سنسجّل خروجه الآن. بعد ذلك غيّر كلمة المرور، فقد يعرفها شخص آخر.',

  signedOutOf: (device) => `تم تسجيل الخروج من ${device}.`,
  signedOutMany: (count) => `تم تسجيل الخروج. عدد الأجهزة: ${inArabic(count)}.`,

  name: 'الاسم',
  save: 'حفظ',
  saved: 'تم الحفظ.',
  signedInAt: 'تسجيل الدخول',
  lastSeenAt: 'آخر ظهور',
  expiresAt: 'تنتهي في',
  place: 'المكان',
  thisNetwork: 'هذه الشبكة',
  address: 'عنوان IP',
  firstAddress: 'سُجّل الدخول من',
  device: 'الجهاز',
  app: 'التطبيق',
  browser: 'المتصفح',
  system: 'النظام',
  userAgent: 'وكيل المستخدم',
};

function inArabic(count: number): string {
  return count.toLocaleString('ar');
}
