import type { ClerkUserJSON } from '../../events/events'
import type { MappedFields } from '../../store/write'
import type { OwnedFields, OwnedMetadata } from '../target/owned-paths'
import type { ClerkSyncPluginOptions } from '../target/plugin-options'

/** Paths of the schema in a metadata option. */
type PathsOf<Metadata> = Metadata extends readonly (infer Path extends string)[]
  ? Path
  : Metadata extends Readonly<Record<string, string>>
    ? keyof Metadata & string
    : never

type Of<Push extends OwnedFields, Key extends keyof OwnedFields> = Push[Key] extends infer Given
  ? Given extends OwnedMetadata
    ? PathsOf<Given>
    : Given extends string
      ? Given
      : never
  : never

/** Paths that two options of `push` contain. */
type Twice<Push extends OwnedFields> =
  | (Of<Push, 'publicMetadata'> & (Of<Push, 'privateMetadata'> | Of<Push, 'unsafeMetadata'> | Of<Push, 'externalId'>))
  | (Of<Push, 'privateMetadata'> & (Of<Push, 'unsafeMetadata'> | Of<Push, 'externalId'>))
  | (Of<Push, 'unsafeMetadata'> & Of<Push, 'externalId'>)

type Owned<Push extends OwnedFields> =
  | Of<Push, 'publicMetadata'>
  | Of<Push, 'privateMetadata'>
  | Of<Push, 'unsafeMetadata'>
  | Of<Push, 'externalId'>

/** Literal keys. This library's own mapping types also allow any other key. */
type KnownKeys<Mapped> = keyof { [Key in keyof Mapped as string extends Key ? never : Key & string]: 1 }

type Conflicting<Push extends OwnedFields, Mapped> = Twice<Push> | (Owned<Push> & KnownKeys<Mapped>)

type WithoutConflict<Paths> = [Paths] extends [never]
  ? unknown
  : { 'push contains this path twice, or mapUser returns it': Paths }

/**
 * Returns the plugin's options unchanged, checked by TypeScript: a path that `mapUser` returns and MongoDB owns, or
 * that `push` names twice, does not compile. Start-up rejects what types cannot detect.
 *
 * @example
 * userSchema.plugin(clerkSyncPlugin, clerkSyncPluginOptions({ push: { publicMetadata: ['plan'] } }))
 */
export function clerkSyncPluginOptions<const Push extends OwnedFields, Mapped extends MappedFields = MappedFields>(
  options: Omit<ClerkSyncPluginOptions, 'push' | 'mapUser'> & {
    push: Push & WithoutConflict<Conflicting<Push, Mapped>>
    mapUser?: (user: ClerkUserJSON) => Mapped
  },
): ClerkSyncPluginOptions {
  return options
}
