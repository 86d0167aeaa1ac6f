// Which mail goes where: the types of the parameters, and the settings that the programs read.
// The settings' names are DepotOptions'; tests/MailDepot.Infra.Tests/SettingTests binds what comes out here.

@export()
@description('An archive container: a retention unit with a name.')
type archiveContainer = {
  @description('1 to 55 lower-case letters, digits and single hyphens.')
  @minLength(1)
  @maxLength(55)
  name: string
  @description('Days from its arrival in which a mail can be neither changed nor deleted.')
  @minValue(1)
  @maxValue(146000)
  retentionDays: int
  @description('Set it after you locked the policy: a locked policy refuses to be deployed again, so the template leaves it alone. This does not lock it; infra/README.md tells how.')
  locked: bool?
}

@export()
@description('Whose mail is taken by SMTP, and where it is archived.')
type recipient = {
  @description('An address that nobody can guess: `maildepot smtp address new` makes one. It is what keeps strangers out, and the SMTP endpoint does not start with another.')
  pattern: string
  @description('The archive container.')
  container: string
  @description('Exchange journals to this address. Default: false.')
  journal: bool?
  @description('The day, yyyy-mm-dd, from which another address takes its place: it is taken for 30 days more. now: not at all. Default: it is in use.')
  retired: string?
}

@export()
@description('A mailbox that is collected by POP3, and emptied.')
type mailbox = {
  @description('What it is called in lists and receipts: letters, digits and . _ @ + -')
  name: string
  @description('Name or address of the POP3 server.')
  host: string
  @description('TCP port. Default: 995.')
  port: int?
  @description('auto: TLS where the port speaks it, else STARTTLS, never without. Default: tls.')
  security: ('none' | 'starttls' | 'tls' | 'auto')?
  @description('The oldest version of TLS. Default: tls12.')
  minimumTls: ('tls12' | 'tls13')?
  @description('SHA-256 of the one certificate that the server may show. Default: any that machines trust.')
  fingerprint: string?
  @description('The login name.')
  user: string
  @description('How to log in. Default: auto.')
  authentication: ('auto' | 'user' | 'apop' | 'plain' | 'xoauth2')?
  @description('For xoauth2: where tokens come from, for whom and for what; the passwordSecret holds the client\'s secret.')
  token: {
    endpoint: string
    clientId: string
    scope: string
  }?
  @description('The secret in the key vault that holds the password: letters, digits and hyphens.')
  passwordSecret: string
  @description('From one poll to the next, hh:mm:ss. Default: 00:05:00.')
  interval: string?
  @description('Mails that one run collects at most. Default: 10000.')
  maxMailsPerRun: int?
  @description('Bytes that one run collects at most. Default: 4294967296.')
  maxBytesPerRun: int?
  @description('Mails after which they are deleted on the server. Default: 1000.')
  commitEvery: int?
  @description('Delete nothing on the server, for a trial; the mailbox grows. Default: false.')
  leaveOnServer: bool?
  @description('Days that a mail stays on the server after it was collected, instead of leaveOnServer. Default: 0, it is deleted at once.')
  @minValue(0)
  @maxValue(3650)
  deleteAfter: int?
  @description('An address that gets a GET after each successful collection. Who may read the app\'s settings sees it. Default: none.')
  healthUrl: string?
  @description('The archive container.')
  container: string
  @description('Exchange journals to this mailbox. Default: false.')
  journal: bool?
}

@export()
@description('The SMTP relay that takes mails to administrators about mailboxes. Its certificate must be one that machines trust.')
type noticeRelay = {
  @description('Name or address of the relay.')
  host: string
  @description('TCP port; Azure lets most subscriptions out to no port 25. Default: 587.')
  port: int?
  @description('Default: starttls.')
  security: ('none' | 'starttls' | 'tls')?
  @description('Where the relay wants a login: its user, and the secret in the key vault that holds the password.')
  login: {
    user: string
    passwordSecret: string
  }?
  @description('The sender\'s address.')
  from: string
  @description('Who gets the mails.')
  @minLength(1)
  to: string[]
  @description('A mail after every failed poll, instead of after 1 h, 4 h, then daily. Default: false.')
  eachInterval: bool?
}

type setting = {
  name: string
  value: string
}

func word(yes bool) string => yes ? 'true' : 'false'

func recipientSettingsOf(r recipient, i int) setting[] => [
  { name: 'MailDepot__Recipients__${i}__Pattern', value: r.pattern }
  { name: 'MailDepot__Recipients__${i}__Container', value: r.container }
  { name: 'MailDepot__Recipients__${i}__Journal', value: word(r.?journal ?? false) }
  { name: 'MailDepot__Recipients__${i}__Retired', value: r.?retired ?? '' }
]

// A key of the configuration has no hyphens where it is an environment variable; a secret's name has no underscores.
func passwordKey(secret string) string => replace(secret, '-', '_')

func passwordSetting(secret string, vaultUri string) setting => {
  name: 'Passwords__${passwordKey(secret)}'
  value: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/${secret}/)'
}

func mailboxSettingsOf(m mailbox, i int, vaultUri string) setting[] => [
  { name: 'MailDepot__Mailboxes__${i}__Name', value: m.name }
  { name: 'MailDepot__Mailboxes__${i}__Host', value: m.host }
  { name: 'MailDepot__Mailboxes__${i}__Port', value: string(m.?port ?? 995) }
  { name: 'MailDepot__Mailboxes__${i}__Security', value: m.?security ?? 'tls' }
  { name: 'MailDepot__Mailboxes__${i}__MinimumTls', value: m.?minimumTls ?? 'tls12' }
  { name: 'MailDepot__Mailboxes__${i}__Fingerprint', value: m.?fingerprint ?? '' }
  { name: 'MailDepot__Mailboxes__${i}__User', value: m.user }
  { name: 'MailDepot__Mailboxes__${i}__Authentication', value: m.?authentication ?? 'auto' }
  { name: 'MailDepot__Mailboxes__${i}__TokenEndpoint', value: m.?token.?endpoint ?? '' }
  { name: 'MailDepot__Mailboxes__${i}__ClientId', value: m.?token.?clientId ?? '' }
  { name: 'MailDepot__Mailboxes__${i}__Scope', value: m.?token.?scope ?? '' }
  { name: 'MailDepot__Mailboxes__${i}__PasswordSetting', value: 'Passwords:${passwordKey(m.passwordSecret)}' }
  { name: 'MailDepot__Mailboxes__${i}__Interval', value: m.?interval ?? '00:05:00' }
  { name: 'MailDepot__Mailboxes__${i}__MaxMailsPerRun', value: string(m.?maxMailsPerRun ?? 10000) }
  { name: 'MailDepot__Mailboxes__${i}__MaxBytesPerRun', value: string(m.?maxBytesPerRun ?? 4294967296) }
  { name: 'MailDepot__Mailboxes__${i}__CommitEvery', value: string(m.?commitEvery ?? 1000) }
  { name: 'MailDepot__Mailboxes__${i}__LeaveOnServer', value: word(m.?leaveOnServer ?? false) }
  { name: 'MailDepot__Mailboxes__${i}__DeleteAfter', value: string(m.?deleteAfter ?? 0) }
  { name: 'MailDepot__Mailboxes__${i}__HealthUrl', value: m.?healthUrl ?? '' }
  { name: 'MailDepot__Mailboxes__${i}__Container', value: m.container }
  { name: 'MailDepot__Mailboxes__${i}__Journal', value: word(m.?journal ?? false) }
  passwordSetting(m.passwordSecret, vaultUri)
]

func noticeSettingsOf(n noticeRelay, vaultUri string) setting[] => concat(
  [
    { name: 'MailDepot__Notices__Host', value: n.host }
    { name: 'MailDepot__Notices__Port', value: string(n.?port ?? 587) }
    { name: 'MailDepot__Notices__Security', value: n.?security ?? 'starttls' }
    { name: 'MailDepot__Notices__User', value: n.?login.?user ?? '' }
    { name: 'MailDepot__Notices__PasswordSetting', value: n.?login == null ? '' : 'Passwords:${passwordKey(n.login!.passwordSecret)}' }
    { name: 'MailDepot__Notices__From', value: n.from }
    { name: 'MailDepot__Notices__EachInterval', value: word(n.?eachInterval ?? false) }
  ],
  map(n.to, (address, i) => { name: 'MailDepot__Notices__To__${i}', value: address }),
  n.?login == null ? [] : [passwordSetting(n.login!.passwordSecret, vaultUri)]
)

@export()
@description('What both programs read of the recipients.')
func recipientSettings(recipients recipient[]) object =>
  toObject(flatten(map(recipients, (r, i) => recipientSettingsOf(r, i))), s => s.name, s => s.value)

@export()
@description('What the collector reads of the mailboxes; passwords are references into the key vault.')
func mailboxSettings(mailboxes mailbox[], vaultUri string) object =>
  toObject(flatten(map(mailboxes, (m, i) => mailboxSettingsOf(m, i, vaultUri))), s => s.name, s => s.value)

@export()
@description('What the Functions app reads of the relay; nothing where there is none.')
func noticeSettings(relays noticeRelay[], vaultUri string) object =>
  toObject(flatten(map(relays, n => noticeSettingsOf(n, vaultUri))), s => s.name, s => s.value)
