let noised_schedule: Schedule = Schedule::cosine(500)?;
println!("{:.4}", noised_schedule.alpha_bars()[250]);
