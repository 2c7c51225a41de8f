import { model, Schema } from 'mongoose'

const projectSchema = new Schema(
  {
    organizationId: { type: String, required: true, immutable: true, index: true },
    name: { type: String, required: true, trim: true, maxlength: 100 },
    createdBy: { type: String, required: true },
  },
  { timestamps: true },
)

// Not exported: the only way to a project is projectsOf.
const Project = model('Project', projectSchema)

/** The projects of one organization. Every call has its condition, in `$and`, which no later condition can replace. */
export function projectsOf(organizationId: string) {
  const own = { $and: [{ organizationId }] }
  return {
    find: () => Project.find(own),
    findById: (id: string) => Project.findOne({ ...own, _id: id }),
    create: (fields: { name: string; createdBy: string }) => Project.create({ ...fields, organizationId }),
    rename: (id: string, name: string) =>
      Project.findOneAndUpdate(
        { ...own, _id: id },
        { $set: { name } },
        { returnDocument: 'after', runValidators: true },
      ),
    remove: (id: string) => Project.findOneAndDelete({ ...own, _id: id }),
  }
}
