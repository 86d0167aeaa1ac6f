// The types of the parameters about recipients, mailboxes and the relay, and the settings that the programs read.
// The settings' names are those of DepotOptions; tests/MailDepot.Infra.Tests/ProgramTests binds them.

@export()
@description('An archive container: a named retention unit.')
type archiveContainer = {
  @description('1 to 55 lower-case letters, digits and single hyphens.')
  @minLength(1)
  @maxLength(55)
  name: string
  @description('Days after its arrival during which a mail can be neither changed nor deleted.')
  @minValue(1)
  @maxValue(146000)
  retentionDays: int
  @description('Set this after you locked the policy: a locked policy can\'t be deployed again, so the template leaves it alone. This does not lock it; see infra/README.md.')
  locked: bool?
}

@export()
@description('A recipient that SMTP accepts, and where its mail is archived.')
type recipient = {
  @description('An address that nobody can guess: `maildepot smtp address new` makes one. It keeps strangers out, and the SMTP endpoint refuses to start with any other.')
  pattern: string
  @description('The archive container.')
  container: string
  @description('Exchange journals to this address. Default: false.')
  journal: bool?
  @description('The day, yyyy-mm-dd, on which another address takes its place: mail to it is accepted for 30 more days. now: no longer accepted. Default: in use.')
  retired: string?
}

@export()
@description('A mailbox that is collected by POP3, and emptied.')
type mailbox = {
  @description('Its name in lists and receipts: letters, digits and . _ @ + -')
  name: string
  @description('Name or address of the POP3 server.')
  host: string
  @description('TCP port. Default: 995.')
  port: int?
  @description('auto: TLS if the port speaks it, else STARTTLS, never plain. Default: tls.')
  security: ('none' | 'starttls' | 'tls' | 'auto')?
  @description('The oldest accepted version of TLS. Default: tls12.')
  minimumTls: ('tls12' | 'tls13')?
  @description('SHA-256 of the only certificate to accept from the server. Default: any that machines trust.')
  fingerprint: string?
  @description('The login name.')
  user: string
  @description('How to log in. Default: auto.')
  authentication: ('auto' | 'user' | 'apop' | 'plain' | 'xoauth2')?
  @description('For xoauth2: where tokens are requested, for which client and scope. passwordSecret holds the client\'s secret.')
  token: {
    endpoint: string
    clientId: string
    scope: string
  }?
  @description('The secret in the key vault that holds the password: letters, digits and hyphens.')
  passwordSecret: string
  @description('Time between polls, hh:mm:ss. Default: 00:05:00.')
  interval: string?
  @description('Maximum number of mails collected in one run. Default: 10000.')
  maxMailsPerRun: int?
  @description('Maximum number of bytes collected in one run. Default: 4294967296.')
  maxBytesPerRun: int?
  @description('Collected mails are deleted on the server in batches of this size. Default: 1000.')
  commitEvery: int?
  @description('Delete nothing on the server, for a trial. The mailbox grows. Default: false.')
  leaveOnServer: bool?
  @description('Days for which a collected mail stays on the server; replaces leaveOnServer. Default: 0, deleted at once.')
  @minValue(0)
  @maxValue(3650)
  deleteAfter: int?
  @description('A URL that gets a GET request after each successful collection. Whoever may read the app\'s settings can see it. Default: none.')
  healthUrl: string?
  @description('The archive container.')
  container: string
  @description('Exchange journals to this mailbox. Default: false.')
  journal: bool?
}

@export()
@description('The SMTP relay for mails to administrators about mailboxes. Machines must trust its certificate.')
type noticeRelay = {
  @description('Name or address of the relay.')
  host: string
  @description('TCP port. Azure blocks outbound port 25 in most subscriptions. Default: 587.')
  port: int?
  @description('Default: starttls.')
  security: ('none' | 'starttls' | 'tls')?
  @description('If the relay requires a login: the user, and the secret in the key vault that holds the password.')
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

// An environment variable's name can't contain hyphens, a secret's name can't contain underscores.
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
@description('The settings of recipients, for both programs.')
func recipientSettings(recipients recipient[]) object =>
  toObject(flatten(map(recipients, (r, i) => recipientSettingsOf(r, i))), s => s.name, s => s.value)

@export()
@description('The settings of mailboxes, for the collector. Passwords are references into the key vault.')
func mailboxSettings(mailboxes mailbox[], vaultUri string) object =>
  toObject(flatten(map(mailboxes, (m, i) => mailboxSettingsOf(m, i, vaultUri))), s => s.name, s => s.value)

@export()
@description('The settings of the relay, for the Functions app; none without a relay.')
func noticeSettings(relays noticeRelay[], vaultUri string) object =>
  toObject(flatten(map(relays, n => noticeSettingsOf(n, vaultUri))), s => s.name, s => s.value)
