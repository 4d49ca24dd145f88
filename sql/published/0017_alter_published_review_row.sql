-- Whether nobody ever said who came, so that `attendees` is missing and nothing is withheld; of reports from before, false.
ALTER TABLE published_review_row ADD COLUMN IF NOT EXISTS not_recorded Bool DEFAULT false AFTER need_not_have_come
