import type { ClerkUserJSON } from '../../events/events'
import type { MappedUser } from '../../store/write'
import type { OwnedFields, OwnedMetadata } from '../target/owned-paths'
import type { ClerkSyncPluginOptions } from '../target/plugin-options'

/** Paths of the schema that metadata options name. */
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

/** Paths that two of the options name. */
type Twice<Push extends OwnedFields> =
  | (Of<Push, 'publicMetadata'> & (Of<Push, 'privateMetadata'> | Of<Push, 'unsafeMetadata'> | Of<Push, 'externalId'>))
  | (Of<Push, 'privateMetadata'> & (Of<Push, 'unsafeMetadata'> | Of<Push, 'externalId'>))
  | (Of<Push, 'unsafeMetadata'> & Of<Push, 'externalId'>)

type Owned<Push extends OwnedFields> =
  | Of<Push, 'publicMetadata'>
  | Of<Push, 'privateMetadata'>
  | Of<Push, 'unsafeMetadata'>
  | Of<Push, 'externalId'>

/** Keys that are known one by one; the maps of this library allow any beside. */
type KnownKeys<Mapped> = keyof { [Key in keyof Mapped as string extends Key ? never : Key & string]: 1 }

type InBothHands<Push extends OwnedFields, Mapped> = Twice<Push> | (Owned<Push> & KnownKeys<Mapped>)

type Refusing<Paths> = [Paths] extends [never] ? unknown : { 'a path in both hands': Paths }

/**
 * The plugin's options as they are, with a closer look by TypeScript: a path of the schema in both hands, given by `mapUser` and
 * owned by MongoDB, or named twice in `push`, does not compile. What types cannot see, start-up refuses.
 *
 * @example
 * userSchema.plugin(clerkSyncPlugin, clerkSyncPluginOptions({ push: { publicMetadata: ['plan'] } }))
 */
export function clerkSyncPluginOptions<const Push extends OwnedFields, Mapped extends MappedUser = MappedUser>(
  options: Omit<ClerkSyncPluginOptions, 'push' | 'mapUser'> & {
    push: Push & Refusing<InBothHands<Push, Mapped>>
    mapUser?: (user: ClerkUserJSON) => Mapped
  },
): ClerkSyncPluginOptions {
  return options
}
