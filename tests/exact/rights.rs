//! Missing rights and unfit settings are found before the first write, all at once.
