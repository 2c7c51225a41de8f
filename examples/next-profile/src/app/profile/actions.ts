'use server'

import { revalidatePath } from 'next/cache'
import { redirect } from 'next/navigation'
import { after } from 'next/server'
import { clerkSync } from '../../lib/clerk-sync'
import { currentUser } from '../../lib/current-user'

/** Saves the app's own field. Webhooks never write it. */
export async function saveBio(form: FormData) {
  const user = await signedInUser()
  user.bio = String(form.get('bio') ?? '')
  await user.save()
  revalidatePath('/profile')
}

/** Changes the plan here; once the page is answered, Clerk gets it as `publicMetadata.plan`. */
export async function switchPlan() {
  const user = await signedInUser()
  user.plan = user.plan === 'pro' ? 'free' : 'pro'
  await user.save()
  after(() => clerkSync.push({ limit: 20 }))
  revalidatePath('/profile')
}

async function signedInUser() {
  const user = await currentUser()
  if (!user) redirect('/')
  return user
}
